// A dial on a page: its pictures were drawn when the site was built, and the sliders choose one.
for (const dial of document.querySelectorAll(".dial")) {
  const {labels, said, pictures} = JSON.parse(dial.querySelector("script").textContent);
  const [sliders, picture] = [[...dial.querySelectorAll("input")], dial.querySelector("img")];

  const fetchAll = () => said.forEach((_, k) => { new Image().src = `${pictures}-${k}.webp`; });
  dial.addEventListener("pointerenter", fetchAll, {once: true});
  dial.addEventListener("focusin", fetchAll, {once: true});

  dial.addEventListener("input", () => {
    let chosen = 0; // the last slider moves fastest
    sliders.forEach((slider, which) => {
      const label = labels[which][slider.value];
      slider.setAttribute("aria-valuetext", label);
      slider.nextElementSibling.value = label;
      chosen = chosen * labels[which].length + Number(slider.value);
    });
    picture.src = `${pictures}-${chosen}.webp`;
    picture.alt = `What the sliders above show: ${said[chosen]}`;
    dial.querySelector("figcaption").textContent = said[chosen];
  });
}
