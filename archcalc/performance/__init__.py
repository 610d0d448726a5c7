"""How long a network takes on a device, what that is bound by, and where the energy goes: bounds from peaks, bytes and calls.

Nothing here is measured. A kernel takes as long as its arithmetic at the device's peak or its bytes at the full bandwidth, whichever is
longer, and the fixed cost of its call (Williams et al. 2009, the roofline). Real kernels reach a part of that: factors are explicit.
"""
