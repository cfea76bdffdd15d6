"""Wrong versions of lesson 03's exercises, each with what to tell who wrote one like it."""

from lessons_lib.course.rnn_limits.exercises import (
    activation_derivatives,
    gradient_bound,
    gradient_norms,
    rescale_to_radius,
)

# Derivatives

activation_derivatives.mistake(
    "argument_for_value",
    "Your formulas are the right ones, but they want the value of the function in place of its "
    "argument. What has to be computed from a first?",
    """y = sigmoid(a)
    d_sigmoid = y * (1 - y)
    y = np.tanh(a)""",
    """y = a
    d_sigmoid = y * (1 - y)""",
)
activation_derivatives.mistake(
    "tanh_not_squared",
    "The derivative of tanh must be the same at a and at -a, and never above 1. Yours exceeds 1 "
    "where a is negative. Something is missing on the value of tanh.",
    "1 - y**2",
    "1 - y",
)
activation_derivatives.mistake(
    "relu_itself",
    "The last result is ReLU itself. Its derivative is the slope of the line, which is the same "
    "everywhere to the right of 0.",
    "(a > 0).astype(a.dtype)",
    "np.maximum(a, 0)",
)
activation_derivatives.mistake(
    "relu_sign",
    "Left of 0 the ReLU is flat. What is the slope of a flat line? np.sign, for one, gives another "
    "number there.",
    "(a > 0).astype(a.dtype)",
    "np.sign(a)",
)

# The way back

gradient_norms.mistake(
    "tanh_applied_again",
    "You apply tanh to a hidden state, which is the result of tanh already. The derivative then "
    "comes out too large. What does the formula need, and what is in hs?",
    "(dh * (1 - h**2)) @ Wh.T",
    "(dh * (1 - np.tanh(h) ** 2)) @ Wh.T",
)
gradient_norms.mistake(
    "tanh_not_squared",
    "Your damping is 1 - h. It should be the same for h and -h, and never above 1: something is "
    "missing on h.",
    "(dh * (1 - h**2)) @ Wh.T",
    "(dh * (1 - h)) @ Wh.T",
)
gradient_norms.mistake(
    "tanh_after_weights",
    "Your two factors stand in the wrong order. Forward: first the weights, then tanh. The way "
    "back meets them the other way round, and at step t both belong to step t.",
    "(dh * (1 - h**2)) @ Wh.T",
    "(dh @ Wh.T) * (1 - h**2)",
)
gradient_norms.mistake(
    "steps_in_order_of_time",
    "You visit the right steps, but from the earliest to the last. Which of them does the gradient "
    "meet first on its way back?",
    "hs[:0:-1]",
    "hs[1:]",
)
gradient_norms.mistake(
    "one_step_too_many",
    "Your norms count one step too many: with T hidden states the gradient passes T - 1 steps "
    "until it reaches hs[0].",
    "hs[:0:-1]",
    "hs[::-1]",
)
gradient_norms.mistake(
    "begins_one_step_late",
    "Your norms begin one step late: norms[0] should be the norm of dh as it is given, before it "
    "has passed anything.",
    """norms = [np.linalg.norm(dh, axis=1)]
    for h in hs[:0:-1]:""",
    """norms = []
    for h in hs[::-1]:""",
)
gradient_norms.mistake(
    "one_norm_for_the_batch",
    "You take one norm over the whole batch. Each row is a sequence of its own and has its own "
    "norm; np.linalg.norm needs to be told the axis.",
    "np.stack(norms)",
    "np.sqrt((np.stack(norms) ** 2).sum(axis=1))",
)

# The bound

gradient_bound.mistake(
    "radius_for_singular_value",
    "You use the spectral radius. A single step can stretch a vector by more than that, so the "
    "product would not be a bound. Which number is the most that Wh can stretch?",
    "np.linalg.norm(Wh, ord=2)",
    "np.abs(np.linalg.eigvals(Wh)).max()",
)
gradient_bound.mistake(
    "frobenius_norm",
    "You use the Frobenius norm, which np.linalg.norm gives when it is not told another. That is a "
    "bound too, but a looser one: asked for is the largest singular value.",
    "np.linalg.norm(Wh, ord=2)",
    "np.linalg.norm(Wh)",
)
gradient_bound.mistake(
    "largest_state",
    "You take the largest h of the row first and then the derivative there. The derivative is "
    "largest where h is near 0: compute it for all units, then take the maximum.",
    "(1 - h**2).max(axis=1)",
    "(1 - h.max(axis=1) ** 2)",
)
gradient_bound.mistake(
    "not_multiplied_up",
    "Each of your entries is the bound of one single step. Over k steps the factors multiply.",
    "bound[-1] * (1 - h**2)",
    "(1 - h**2)",
)

# The radius

rescale_to_radius.mistake(
    "singular_value_for_radius",
    "You divide by the largest singular value. That is the most by which Wh can stretch a vector "
    "in one step. The radius is about eigenvalues.",
    "np.abs(np.linalg.eigvals(Wh)).max()",
    "np.linalg.norm(Wh, ord=2)",
)
rescale_to_radius.mistake(
    "largest_real_part",
    "You take the largest real part. Eigenvalues may be complex, and their size counts: np.abs "
    "gives it, .real does not.",
    "np.abs(np.linalg.eigvals(Wh)).max()",
    "np.linalg.eigvals(Wh).real.max()",
)
rescale_to_radius.mistake(
    "largest_without_abs",
    "You take the maximum of the eigenvalues as they are. They may be complex, and their size "
    "counts: np.abs gives it.",
    "np.abs(np.linalg.eigvals(Wh)).max()",
    "np.linalg.eigvals(Wh).max()",
)
rescale_to_radius.mistake(
    "abs_after_max",
    "You take the size of one eigenvalue, the one with the largest real part. Others may be larger "
    "in size: which comes first, np.abs or .max()?",
    "np.abs(np.linalg.eigvals(Wh)).max()",
    "np.abs(np.linalg.eigvals(Wh).max())",
)
rescale_to_radius.mistake(
    "size_of_real_part",
    "You take the size of the real parts alone. Eigenvalues may be complex, and their size counts: "
    "np.abs gives it, with both parts.",
    "np.linalg.eigvals(Wh)).max()",
    "np.linalg.eigvals(Wh).real).max()",
)
rescale_to_radius.mistake(
    "not_divided",
    "You multiply Wh by the wanted radius, but Wh has a radius already, and that stays in the "
    "product. Divide it out.",
    "radius / np.abs(np.linalg.eigvals(Wh)).max()",
    "radius",
)
