"""What the locator promises to PaddleX and to sealq: its name, labels, sizes and threshold."""

from __future__ import annotations

#: The name the model goes by: PaddleX takes registered names only, and for this one it feeds the
#: network `image` and `scale_factor`.
PADDLEX_NAME = "PicoDet-S_layout_3cls"

#: Names by class id. PaddleX reads only what is called exactly `seal`.
LABELS = ("seal", "cut_seal", "tax_mark")

SEAL, CUT_SEAL, TAX_MARK = range(len(LABELS))

#: Score from which a box of each class counts, here as in sealq's presets. Recall and precision
#: change places around it. A missed seal leaves a page in doubt (`empty_score`), a false one says
#: that there is a seal where one is missing; a false part of one says little.
THRESHOLDS = {SEAL: 0.6, CUT_SEAL: 0.5, TAX_MARK: 0.5}

#: Class id of a region that is neither taught as something nor as nothing.
IGNORE = -1

#: Class id of a row in a list of things that holds none.
NOTHING = -2

#: Class id of each label that the page generator writes.
CLASS_OF_TRUTH = {"seal": SEAL, "cut": CUT_SEAL, "tax_mark": TAX_MARK}

#: Side of the network's square input, in pixels. Pages are squashed to it.
INPUT_SIDE = 512

#: Pixels of the input per cell of the network's maps.
STRIDE = 8

#: Cells per side of the network's maps.
GRID = INPUT_SIDE // STRIDE
