#!/bin/sh
# Speaks the protocol of Tests/Reference/speed_twin.py without Python: every step takes FAKE_MILLISECONDS, and every
# twin has FAKE_LOSSES, and FAKE_PERTURBED from weights one ulp away. FAKE_MISSING is a package that is not installed,
# FAKE_END a request at which it ends, FAKE_GARBAGE one that it answers with no JSON, FAKE_SILENCE one that it does not
# answer. FAKE_BUILD_ERROR is what building fails with, FAKE_COMPILE_ERROR what only compiling does.
echo "fake twin: $1" >&2
while read -r line; do
  request=${line#*\"do\":\"}
  request=${request%%\"*}
  if [ "$request" = "$FAKE_END" ]; then
    echo "out of order" >&2
    exit 1
  fi
  if [ "$request" = "$FAKE_GARBAGE" ]; then
    echo "good morning"
    continue
  fi
  [ "$request" = "$FAKE_SILENCE" ] && continue
  case $request in
    start)
      if [ -n "$FAKE_MISSING" ]; then
        echo "{\"error\":\"No module named '$FAKE_MISSING'\",\"missing\":\"$FAKE_MISSING\"}"
      else
        echo "{\"torch\":\"9.9\",\"threads\":${FAKE_THREADS:-1}}"
      fi
      ;;
    build)
      case $line in
        *'"compiled":true'*) error=$FAKE_COMPILE_ERROR$FAKE_BUILD_ERROR ;;
        *) error=$FAKE_BUILD_ERROR ;;
      esac
      if [ -n "$error" ]; then echo "{\"error\":\"$error\"}"; else echo "{\"losses\":[$FAKE_LOSSES]}"; fi
      ;;
    perturbed) echo "{\"losses\":[[$FAKE_LOSSES],[${FAKE_PERTURBED:-$FAKE_LOSSES}]]}" ;;
    memory) echo '{"state":1048576,"peak":3145728}' ;;
    run)
      steps=${line##*\"steps\":}
      steps=${steps%%[!0-9]*}
      times=${FAKE_MILLISECONDS:-40}
      while [ "$steps" -gt 1 ]; do
        times="$times,${FAKE_MILLISECONDS:-40}"
        steps=$((steps - 1))
      done
      echo "{\"milliseconds\":[$times]}"
      ;;
  esac
done
