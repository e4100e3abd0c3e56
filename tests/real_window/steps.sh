# The lesson's path by accessible names: choose the target, train, predict. Sourced by run.sh.
person press Train
