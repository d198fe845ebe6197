#!/bin/bash -eu
# OSS-Fuzz wants its build.sh beside its Dockerfile; what is done is the same as for ClusterFuzzLite.
exec bash "$SRC/flin/.clusterfuzzlite/build.sh"
