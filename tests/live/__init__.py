"""Random layers and networks, written for archcalc and for PyTorch side by side, and both asked about them."""
