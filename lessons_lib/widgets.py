"""Things to play with in a notebook: sliders that redraw a figure."""

from collections.abc import Callable, Sequence

import ipywidgets  # type: ignore[import-untyped]
import numpy as np
import numpy.typing as npt
from IPython import get_ipython
from IPython.display import display, display_html
from matplotlib.figure import Figure

from lessons_lib import plots
from lessons_lib.course.better_model import dropout
from lessons_lib.course.better_model.figures import sums_under_dropout
from lessons_lib.course.clipping import cliff
from lessons_lib.course.clipping.figures import descents_on_map
from lessons_lib.course.gru import measuring
from lessons_lib.course.gru.figures import gru_unit
from lessons_lib.course.language_model.figures import word_distributions
from lessons_lib.course.language_model.writing import effective_choices
from lessons_lib.course.lstm_gates.figures import memory_cell
from lessons_lib.course.lstm_gradient.cell_path import norms_over_lag
from lessons_lib.course.shared.gradient_lag import over_lag
from lessons_lib.course.shared.traces import lstm_by_hand
from lessons_lib.functions import sigmoid, softmax

# A slider of ipywidgets has a name and a number for eyes alone, and its handle shows no focus. What
# is set here stays as it is shown, for every dial of the notebook; a second one finds it done.
FOR_KEYBOARD_AND_READERS = """
<style>
.widget-slider .noUi-handle:focus { outline: 3px solid #D55E00; outline-offset: 2px; }
</style>
<script>
(() => {
  if (window.dialsAreNamed) return;
  window.dialsAreNamed = true;
  const set = (element, name, value) => {
    if (element && value && element.getAttribute(name) !== value) element.setAttribute(name, value);
  };
  const name = () => {
    for (const slider of document.querySelectorAll(".widget-slider")) {
      const handle = slider.querySelector(".noUi-handle");
      set(handle, "aria-label", slider.querySelector(".widget-label")?.textContent);
      set(handle, "aria-valuetext", slider.querySelector(".widget-readout")?.textContent);
      const shown = slider.closest(".widget-interact")?.querySelector(".widget-output");
      set(shown, "aria-live", "polite");
      set(shown?.querySelector("img"), "alt", shown?.querySelector("pre")?.textContent.trim());
    }
  };
  name();
  const changes = {subtree: true, childList: true, characterData: true, attributes: true};
  new MutationObserver(name).observe(
    document.body, {...changes, attributeFilter: ["aria-valuetext"]});
})();
</script>"""
NAMES = {"i": "input i", "f": "forget f", "o": "output o"}


def gate_dials(dials: Sequence[str], g: Sequence[float]) -> None:
    """Show one memory cell with a slider for each of its gates; arrow keys move a slider too.

    Args:
        dials: the gates with a slider, of "i", "f", "o". The others stay open.
        g: new memory at each step, (T,).

    Raises:
        ValueError: if a dial is none of these.
    """
    for name in dials:
        if name not in NAMES:
            raise ValueError(f"dials: expected names of {', '.join(NAMES)}, got {name!r}")

    # The same axis at every position of the dials, so that positions can be compared.
    reach = np.concatenate([[0.0], g, lstm_by_hand(g).c])
    limits = 1.1 * reach.min(), 1.1 * reach.max()

    def draw(**openness: float) -> None:
        trace = lstm_by_hand(g, **openness)
        gates = {NAMES[name]: getattr(trace, name) for name in dials}
        _show(memory_cell(gates, trace.g, trace.c, trace.h, limits=limits))

    _play(draw, **{name: _slider(1.0, 0.0, 1.0, 0.05, NAMES[name]) for name in dials})


def radius_dial(*, T: int = 40, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Show how a plain RNN's gradient fades or grows, with sliders for its weights and inputs.

    Args:
        T: number of steps that the gradient travels back.
        seeds: one network of 64 units each.
    """

    def draw(radius: float, inputs: float) -> None:
        found = over_lag("rnn", T=T, seeds=seeds, radius=radius, input_scale=inputs)
        title = f"spectral radius {radius:.2f}, inputs of size {inputs:.1f}"
        figure = plots.gradient_over_lag({title: {"measured": found.h}})
        # The same axis at every position of the sliders, so that positions can be compared.
        figure.axes[0].set_ylim(1e-12, 1e12)
        _show(figure)

    radius, inputs = _slider(1.0, 0.1, 3.0, 0.05, "radius"), _slider(0.0, 0.0, 1.0, 0.1, "inputs")
    _play(draw, radius=radius, inputs=inputs)


def clipping_dials(w: float, b: float) -> None:
    """Show descent on the loss with the cliff, with sliders for the threshold and learning rate.

    Args:
        w: recurrent weight at the start.
        b: bias at the start.
    """
    ws, bs = np.linspace(0.6, 2.6, 161), np.linspace(-1.1, 0.5, 161)
    loss = cliff.surface(*np.meshgrid(ws, bs)).loss

    def draw(max_norm: float, lr: float) -> None:
        way = cliff.descend(w, b, lr=lr, max_norm=max_norm)
        title = f"loss after {len(way.loss) - 1} updates: {way.loss[-1]:.4f}"
        _show(descents_on_map(ws, bs, loss, {title: (way.w, way.b)}))

    thresholds = [0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 1000.0]
    options = [(f"{threshold:g}", threshold) for threshold in thresholds] + [("none", np.inf)]
    _play(
        draw,
        max_norm=_choice(np.inf, options, "threshold"),
        lr=_choice(0.1, [0.01, 0.03, 0.1, 0.3], "lr"),
    )


def gru_dials(x: Sequence[float], *, w: float = 1.0) -> None:
    """Show one unit of a GRU with a slider for its reset and its update gate.

    Args:
        x: what the input adds to the candidate at each step, (T,).
        w: recurrent weight of the candidate.
    """

    def draw(r: float, z: float) -> None:
        trace = measuring.gru_by_hand(x, r=r, z=z, w=w)
        gates = {"reset r": trace.r, "update z": trace.z}
        _show(gru_unit(gates, x, trace.n, trace.h, limits=(-1.1, 1.1)))

    r, z = _slider(1.0, 0.0, 1.0, 0.05, "reset r"), _slider(0.0, 0.0, 1.0, 0.05, "update z")
    _play(draw, r=r, z=z)


def dropout_dial(x: Sequence[float], *, num_masks: int = 2000) -> None:
    """Show how a sum over a layer's outputs spreads under dropout, with a slider for p.

    Args:
        x: outputs of a layer, (H,).
        num_masks: how many masks to draw.
    """
    # The same axis at every position of the slider, so that positions can be compared.
    reach = 8 * float(np.linalg.norm(x))
    middle = float(np.sum(x))

    def draw(p: float) -> None:
        sums = dropout.draw_mask((num_masks, len(x)), p, np.random.default_rng(0)) @ x
        title = f"p = {p:.2f}: standard deviation {sums.std():.2f}"
        limits = middle - reach / 2, middle + reach / 2
        _show(sums_under_dropout({title: sums}, middle, limits=limits))

    _play(draw, p=_slider(0.5, 0.0, 0.95, 0.05, "p"))


def forget_bias_dial(*, T: int = 50, seeds: Sequence[int] = (0, 1, 2)) -> None:
    """Show how an LSTM's gradient fades, with a slider for the bias of its forget gate.

    Args:
        T: number of steps that the gradient travels back.
        seeds: one network of 64 units each.
    """

    def draw(bias: float) -> None:
        (gate,) = sigmoid([bias])
        full, cell = norms_over_lag(T=T, forget_bias=bias, seeds=seeds)
        title = f"forget bias {bias:.1f}: a gate near {gate:.3f}"
        figure = plots.gradient_over_lag({title: {"by every way": full, "cell path alone": cell}})
        # The same axis at every position of the slider, so that positions can be compared.
        figure.axes[0].set_ylim(1e-12, 1e3)
        _show(figure)

    _play(draw, bias=_slider(0.0, -2.0, 6.0, 0.5, "forget bias"))


def temperature_dial(logits: npt.ArrayLike, words: Sequence[str], *, num_shown: int = 10) -> None:
    """Show the probabilities of the next word, with a slider for the temperature.

    Args:
        logits: scores of all words, (V,).
        words: the words, V.
        num_shown: how many of the most probable ones to draw.
    """
    logits = np.asarray(logits)
    shown = np.argsort(-logits)[:num_shown]

    def draw(temperature: float) -> None:
        probs = softmax(logits / temperature)
        choices = effective_choices(probs)
        title = f"temperature {temperature:.1f}: like {choices:.1f} equal choices"
        _show(word_distributions([words[k] for k in shown], {title: probs[shown]}))

    _play(draw, temperature=_slider(1.0, 0.1, 3.0, 0.1, "temperature"))


# All of them redraw when they are let go, and not on the way.


def _slider(value: float, low: float, high: float, step: float, name: str) -> ipywidgets.Widget:
    return ipywidgets.FloatSlider(
        value, min=low, max=high, step=step, description=name, continuous_update=False
    )


def _choice(value: float, options: Sequence[object], name: str) -> ipywidgets.Widget:
    return ipywidgets.SelectionSlider(
        value=value, options=options, description=name, continuous_update=False
    )


def _play(draw: Callable[..., None], **controls: ipywidgets.Widget) -> None:
    """Show sliders, and below them what draw makes of where they stand."""
    ipywidgets.interact(draw, **controls)
    if get_ipython() is not None:
        display_html(FOR_KEYBOARD_AND_READERS, raw=True)


def _show(figure: Figure) -> None:
    """Show a figure, and below it the same in words."""
    display(figure)
    if get_ipython() is not None:
        print(in_words(figure))


def in_words(figure: Figure) -> str:
    """A figure's titles, the rows of its heat maps, and where its lines begin and end."""
    said = []
    for axes in figure.axes:
        parts = [axes.get_title()]
        rows: dict[str, np.ndarray] = {}
        labels = [label.get_text() for label in axes.get_yticklabels()]
        for mesh in axes.collections:
            values = mesh.get_array()
            if values is not None and values.ndim == 2 and len(values) == len(labels):
                rows |= dict(zip(labels, np.asarray(values, float), strict=True))
        rows |= {str(one.get_label()): np.asarray(one.get_ydata()) for one in axes.get_lines()}
        for name, values in rows.items():
            if len(values) > 2 and not name.startswith("_"):
                way = f"from {values[0]:.3g} to {values[-1]:.3g}"
                still = np.ptp(values) == 0
                parts.append(f"{name} {values[0]:.3g} throughout" if still else f"{name} {way}")
        said.append(", ".join(filter(None, parts)))
    return "; ".join(filter(None, said))
