"""The judge: checks a learner's function against torch and names the mistake."""

from cnnlab.judge.judging import check
from cnnlab.judge.my_package import keep_my_cnn
from cnnlab.judge.predicting import Prediction, predict
from cnnlab.judge.report import my_progress
from cnnlab.judge.revealing import reset, reveal
from cnnlab.judge.verdict import Verdict

__all__ = [
    "Prediction",
    "Verdict",
    "check",
    "keep_my_cnn",
    "my_progress",
    "predict",
    "reset",
    "reveal",
]
