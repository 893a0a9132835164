"""Names of custom properties that one part of Tidemill writes on an artifact and another reads.

The first three of a PushedModel are those of TFX's own Pusher.
"""

from __future__ import annotations

# On PushedModel: whether the model stands in the store, 1 or 0; then where, and as which version.
PUSHED = "pushed"
PUSHED_DESTINATION = "pushed_destination"
PUSHED_VERSION = "pushed_version"
# On PushedModel: id of the Model artifact. It is how the Resolver finds the baseline.
MODEL_ID = "model_id"
# On PushedModel, of a rollback alone: the version whose model was pushed once more.
RESTORES = "restores"
# On PushedModel: the text of the version's origin file (`components.pusher.origin`). Where the
# model store was lost, the version comes back with its history.
ORIGIN = "origin"
# On PushedModel: what happened, in one line, for a person.
SUMMARY = "summary"

# What TFX's own gates call their answer. On ModelBlessing and InfraBlessing: whether the model
# passed, 1 or 0. On ExampleAnomalies: likewise for each split, a JSON object.
BLESSED = "blessed"

# On ModelBlessing, as TFX's own Evaluator writes them: the ids of the Model artifacts that were
# compared. Where the baseline's files were gone: the id of the PushedModel whose copy in the model
# store was compared with.
CANDIDATE_ID = "current_model_id"
BASELINE_ID = "baseline_model_id"
GONE_BASELINE_ID = "gone_baseline_id"

# On Examples, as TFX's own ExampleGen calls them: summary of the input files, and the span and its
# version where the data comes in spans.
INPUT_FINGERPRINT = "input_fingerprint"
SPAN = "span"
VERSION = "version"
# On Examples: rows of each split, JSON.
ROWS = "rows"
