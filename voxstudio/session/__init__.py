"""Session: what is loaded, wanted and shown. The window and the command line both drive it; no Qt here.

Every method and property belongs to the *owner's thread* (in the window: the GUI thread). Workers hand
frozen values back through ``post``, which queues a call for that thread. State is replaced, never
mutated, so whoever holds a value may keep it. After each change the subscribers are called with a topic:

=================  ==========================================================================
topic              read then
=================  ==========================================================================
``catalogue``      :attr:`Session.catalogue`
``checkpoint``     :attr:`Session.checkpoint` (which), :attr:`Session.model` (None until open)
``views``          :attr:`Session.views`, :attr:`Session.preview`
``options``        :attr:`Session.options`, :attr:`Session.fusions`, :attr:`Session.labels`
``shown``          :attr:`Session.shown`: draw it, then call :meth:`Session.note_drawn`
``times``          :attr:`Session.shown` again: only its ``times`` changed, draw nothing
``contributions``  :attr:`Session.contributions`
``turntable``      :attr:`Session.turntable`: its photos, options and what was carved
``job``            :attr:`Session.job`: None or what runs
``message``        :attr:`Session.message`: None or one sentence for the panel it names
``training``       :attr:`Session.training` and its ``status``
``evaluating``     :attr:`Session.evaluating` and its ``status``: what is measured in the background
``inspection``     :attr:`Session.adopting`: None or an open file of somebody else
``history``        :attr:`Session.can_undo`, :attr:`Session.can_redo`, :attr:`Session.states`
``kept``           :attr:`Session.snapshots`: shapes with a name, and what is compared
``film``           :attr:`Session.film`: the sweep of a code, as far as it is made
``path``           :attr:`Session.path`: keyframes, options, terms
``latents``        :attr:`Session.latents`: what the codes do, directions
``nearest``        :attr:`Session.nearest`: the training shape nearest to the one on the stage
``inversion``      :attr:`Session.search`: the search for the code of a given shape
``map``            :attr:`Session.map`: the map of a collection; ``map-places`` while it is drawn,
                   ``map-walk`` in a drag, ``map-pictures`` when small pictures have come
=================  ==========================================================================

One class in layers, each in a file that knows those before it: ``state`` (what is held and told),
``asking`` (the inference thread), ``steps`` (the history), ``pictures``, ``previews``, ``moving`` (latent space),
``filming``, ``session``.
"""

from __future__ import annotations

from voxstudio.engine.inputs import View
from voxstudio.engine.requests import Contribution, Draw, ModelInfo
from voxstudio.session.session import Session
from voxstudio.session.values import COLOURS, STYLES, JobState, Message, Options, Shown

__all__ = [
    "COLOURS", "STYLES", "Contribution", "Draw", "JobState", "Message", "ModelInfo", "Options", "Session", "Shown",
    "View",
]
