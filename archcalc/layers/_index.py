"""Generated from the layer classes by `python -m archcalc.layers.index`; not written by hand."""

KINDS: dict[str, tuple[str, str]] = {
    "conv": ("conv", "Conv"),
    "conv_transpose": ("conv", "ConvTranspose"),
    "depthwise_conv": ("conv", "DepthwiseConv"),
}

ALIASES: dict[str, str] = {
    "Conv1D": "conv",
    "Conv1d": "conv",
    "Conv2D": "conv",
    "Conv2d": "conv",
    "Conv3D": "conv",
    "Conv3d": "conv",
    "conv1d": "conv",
    "conv2d": "conv",
    "conv3d": "conv",
    "convolution": "conv",
    "Conv2DTranspose": "conv_transpose",
    "ConvTranspose1d": "conv_transpose",
    "ConvTranspose2d": "conv_transpose",
    "ConvTranspose3d": "conv_transpose",
    "Deconvolution": "conv_transpose",
    "deconv": "conv_transpose",
    "DepthwiseConv1D": "depthwise_conv",
    "DepthwiseConv2D": "depthwise_conv",
    "SeparableConv2D": "depthwise_conv",
    "dwconv": "depthwise_conv",
}

ROLES: dict[str, tuple[str, ...]] = {
}
