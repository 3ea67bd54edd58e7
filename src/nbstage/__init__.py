"""Tagged notebooks become DVC pipelines that compute what the notebook computes."""
