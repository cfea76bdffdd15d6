// The figure of what a network remembers. `data` comes from remembering_page.py; numbers are tenths
// of nats. Every value that is shown by colour is also said in a sentence.
function showRemembering(root, data) {
  const BLUE = [0, 114, 178], ORANGE = [230, 159, 0];
  const make = (tag, parent, text, name) => {
    const element = document.createElement(tag);
    if (text) element.textContent = text;
    if (name) element.className = name;
    parent.append(element);
    return element;
  };
  const labelled = (parent, text, type) => {
    const label = make("label", parent, text + " ");
    const input = make("input", label);
    input.type = type;
    return input;
  };
  const number = tenths => (tenths < 0 ? "\u2212" : "") + Math.abs(tenths / 10).toFixed(1);
  const probability = hundredths => (hundredths / 100).toFixed(2);
  const words = data.words, T = words.length - 1;
  const state = {t: data.stops[0].t, untrained: false, share: false};
  root.replaceChildren();  // the table that stands here where no script runs

  // --- what can be chosen ---
  const stops = make("p", root, "", "stops");
  data.stops.forEach((stop, n) => {
    const button = make("button", stops, `${n + 1} ${stop.label}`);
    button.type = "button";
    button.onclick = () => choose(stop.t);
  });
  const controls = make("p", root, "", "controls");
  const slider = labelled(controls, "predicted word", "range");
  Object.assign(slider, {min: 0, max: T - 1, step: 1});
  slider.oninput = () => choose(Number(slider.value));
  const before = labelled(controls, "before training", "checkbox");
  before.onchange = () => { state.untrained = before.checked; draw(); };
  const share = labelled(controls, "shade by share of the largest in its line", "checkbox");
  share.onchange = () => { state.share = share.checked; draw(); };
  const about = make("p", root, "", "about");
  about.setAttribute("aria-live", "polite");
  root.tabIndex = 0;
  root.onkeydown = event => {  // arrow keys move a slider by themselves
    const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
    if (!step || event.target.tagName === "INPUT") return;
    event.preventDefault();
    choose(Math.min(T - 1, Math.max(0, state.t + step)));
  };

  // --- the lines of text: for each model what swapping does, and what the gradient foretells ---
  const lines = [];
  for (const model of data.models) {
    const section = make("section", root);
    make("h3", section, model.name);
    const answer = make("p", section, "", "answer");
    for (const [kind, title] of [["swap", "what swapping a word does"],
        ["foretold", "what the gradient foretells of it"]]) {
      make("p", section, title, "title");
      const text = make("p", section, "", "text");
      const spans = words.map((word, k) => {
        const span = make("span", text, word);
        span.onmouseenter = span.onclick = () => { if (k) choose(k - 1); };
        text.append(" ");
        return span;
      });
      const said = make("p", section, "", "said");
      lines.push({model, kind, spans, said, answer});
    }
  }
  const legend = make("p", root, "", "legend");
  const scale = [-80, -40, -20, -10, 0, 10, 20].map(value => {
    const span = make("span", legend);
    span.style.background = colour(value, data.full);
    return {value, span};
  });
  make("span", legend, " nats, or share of the largest in its line where that is chosen: change of log p of the word " +
    "that came. Blue: without this word it " +
    "would be less likely. Orange: more likely. Names, rooms, belongings and the like are swapped for " +
    "others of their kind wherever they stand, any other word in its place for words that the " +
    "text draws. \u2717: the network has another word first, where the best possible model is sure.");

  function colour(tenths, full) {
    const strength = Math.min(1, Math.sqrt(Math.abs(tenths) / full));  // a root: small ones show
    const [r, g, b] = tenths < 0 ? BLUE : ORANGE;
    return `rgba(${r}, ${g}, ${b}, ${(0.75 * strength).toFixed(2)})`;
  }
  function misses(reading, t) {
    return data.oracle[t] >= 90 && reading.likeliest[t][0][0] !== words[t + 1];
  }
  function choose(t) { state.t = t; draw(); }
  function draw() {
    const t = state.t, target = words[t + 1], decider = data.deciders[t];
    slider.value = t;
    for (const {value, span} of scale) {
      span.textContent = state.share ? `${100 * value / data.full} %` : number(value);
    }
    slider.setAttribute("aria-valuetext", `${target}, word ${t + 2} of ${T + 1}`);
    const back = t + 1 - decider;
    const by = back === 1  // no word further back is needed
      ? `the word before, \u201c${words[decider]}\u201d (underlined), its place in the scene, a phrase, or chance`
      : `\u201c${words[decider]}\u201d, ${back} words before (underlined)`;
    about.textContent = `Predicted: \u201c${target}\u201d. It is decided by ${by}. ` +
      `The best possible model gives it ${probability(data.oracle[t])}.`;
    for (const {model, kind, spans, said, answer} of lines) {
      const reading = state.untrained ? model.untrained : model.trained;
      const values = reading[kind][t];
      const top = Math.max(1, ...values.map(Math.abs));
      spans.forEach((span, k) => {
        const read = k <= t;
        span.style.background = read ? colour(values[k], state.share ? top : data.full) : "";
        span.className = (read ? "" : "later") + (k === t + 1 ? " target" : "") +
          (k === decider ? " decider" : "") + (k && misses(reading, k - 1) ? " miss" : "");
        span.title = read ? `${number(values[k])} nats` : "";
      });
      const order = values.map((value, k) => k).sort((a, b) => Math.abs(values[b]) - Math.abs(values[a]));
      const several = order.filter(k => values[k]).filter((k, n, all) =>
        all.findIndex(other => words[other] === words[k] && values[other] === values[k]) === n);
      const largest = several.slice(0, 3).map(k => `${words[k]} ${number(values[k])}`).join(", ");
      said.textContent = `Largest: ${largest || "none reaches 0.1"}. ` +
        `\u201c${words[decider]}\u201d: ${number(values[decider])} nats.`;
      const likeliest = reading.likeliest[t].map(([w, p]) => `${w} ${probability(p)}`).join(", ");
      const right = reading.likeliest[t][0][0] === target;
      const verdict = right ? "\u2713" : misses(reading, t) ? "\u2717 wrong:" : "\u2013 another word first:";
      answer.textContent = `${verdict} gives \u201c${target}\u201d ` +
        `${probability(reading.right[t])}. Likeliest: ${likeliest}.`;
      answer.className = misses(reading, t) ? "answer wrong" : "answer";
    }
  }

  // --- on the straight way from one name to the other: the log-odds, and the tangent at its start ---
  const way = make("section", root, "", "way"), [from, to] = data.way.names;
  make("h3", way, `On the straight way from ${from} to ${to}`);
  const fraction = labelled(make("p", way), "how far", "range");
  const steps = data.way.models[0].odds.length - 1, W = 200, H = 130;
  Object.assign(fraction, {min: 0, max: steps, step: 1, value: 0});
  fraction.oninput = walk;
  const place = make("p", way, "", "said");
  const all = data.way.models.flatMap(model => model.odds), low = Math.min(...all) - 10;
  const y = tenths => H * (1 - (tenths - low) / (Math.max(...all) + 10 - low));
  const draw_in = (parent, tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const name in attributes) element.setAttribute(name, attributes[name]);
    parent.append(element);
    return element;
  };
  const panels = data.way.models.map(model => {
    const panel = make("figure", way), points = model.odds.map((odds, n) => `${n / steps * W},${y(odds)}`);
    const svg = draw_in(panel, "svg", {viewBox: `0 0 ${W} ${H}`, width: W, height: H, "aria-hidden": true});
    draw_in(svg, "line", {x1: 0, x2: W, y1: y(0), y2: y(0), stroke: "#6b6b6b", "stroke-width": 1});
    draw_in(svg, "line", {x1: 0, y1: y(model.odds[0]), x2: W, y2: y(model.odds[0] + model.slope),
      stroke: "#d55e00", "stroke-width": 2, "stroke-dasharray": "6 4"});
    draw_in(svg, "polyline", {points: points.join(" "), fill: "none", stroke: "#0072b2", "stroke-width": 3});
    return {model, dot: draw_in(svg, "circle", {r: 5}), said: make("figcaption", panel)};
  });
  make("p", way, `Log-odds of ${from} against ${to}, in nats, from ${from} on the left to ${to} on the ` +
    "right: the network (line), and the tangent at the start, which is what the gradient foretells " +
    "(dashed). Grey: 0, where both names are as likely.", "title");
  function walk() {
    const n = Number(fraction.value), a = n / steps;
    fraction.setAttribute("aria-valuetext", `${Math.round(100 * a)} percent of the way`);
    place.textContent = `${Math.round(100 * a)} % of the way`;
    for (const {model, dot, said} of panels) {
      dot.setAttribute("cx", a * W);
      dot.setAttribute("cy", y(model.odds[n]));
      said.textContent = `${model.name}: ${number(model.odds[n])}, ` +
        `the tangent ${number(Math.round(model.odds[0] + a * model.slope))}`;
    }
  }
  draw();
  walk();
}
