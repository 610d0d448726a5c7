"""What a step of training takes: weights, gradients, states of the optimizer, and what autograd keeps; and how much work it is."""
