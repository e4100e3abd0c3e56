# The path from the table to predictions, by accessible names. Sourced by run.sh.

# the target: in the inspector of its column
person press 'Inspect units_sold'
person press Target 'radio button'
person wait 'Choose the target column: done'
picture 3-data-inspector

person press Train 'page tab'
person wait 'Configuration'
person press Train 'push button'
person wait 'it is the champion'
person wait 'Cross-validation'
picture 4-train

# the server, on the next free port where another program has the usual one
person press Serve 'page tab'
person press 'Start server'
person wait 'Stop server' 20 >/dev/null || person press "$(person wait 'Use port' 20)"
address=$(person wait 'Server: serving on' 20)
address=${address##* }

person press Predict 'page tab'
person wait 'Prediction: '
person set temperature_c -4
sleep 1
person press 'Predict the open table'
person wait 'Predicted 12' 120
person press 'Compare single with batch'
person wait '8 ways, equal to the last bit'
person press 'Measure time per row'
person wait 'Measured the time per row' 120
picture 5-predict

# the same record by the command line
sleep 2
shown=$(person wait 'Prediction: ')
echo "window: ${shown#Prediction: }"
record=$(/usr/bin/python3 "$here/record.py" workspace)
model=$(ls workspace/models/v*.json | grep -v report | tail -1)
predicted=$("$program" predict "$model" --record "$record" --json | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["prediction"])')
/usr/bin/python3 - "$predicted" <<'PY'
import sys
# four significant digits, as the window shows them
print("command line:", f"{float(sys.argv[1]):.4g}")
PY

# and by a client that knows nothing of this program, in two protocols; then one that is wrong
ask() { curl --silent --show-error --header 'Content-Type: application/json' --data "$2" "http://$address$1"; }
answered=$(ask /predict "$record" | /usr/bin/python3 -c 'import json, sys; print(json.load(sys.stdin)["prediction"])')
/usr/bin/python3 - "$answered" <<'PY'
import sys
print("over HTTP:", f"{float(sys.argv[1]):.4g}")
PY
ask /invocations "{\"dataframe_records\": [$record]}" >/dev/null
ask /predict '{"store": 3}' | grep -q '"status":422'
person press Serve 'page tab'
person wait 'POST /invocations 200'
person wait 'POST /predict 422'
picture 7-serve

person press Requests 'page tab'
person wait 'Predict one record'
person press Send
person wait '200 OK'
# what the request expects is checked; and a second answer is compared with the first
person wait 'Passed: '
first=$(person wait ', 200 OK')
sleep 1.1
person press Send
person wait '200 OK'
person press "Compare with the answer of ${first%%,*}"
person wait 'The same values'
person press 'Close the comparison'
picture 8-requests
# a server that takes its time, and somebody who does not wait for it
/usr/bin/python3 -c 'import socket, time
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
kept = [listener.accept()]
time.sleep(600)' >slow &
pids+=($!)
for _ in $(seq 100); do [ -s slow ] && break; sleep 0.1; done
xdotool windowfocus --sync "$win" key ctrl+l
sleep 0.5
xdotool key ctrl+a
xdotool type --delay 30 "http://127.0.0.1:$(cat slow)/"
person press Send
person press Cancel
person wait 'Sending was stopped'

# the world changes, and the model ages
person press Drift 'page tab'
person wait 'footfall: Stable'
person press 'Pandemic winter' 'radio button'
person wait 'footfall: Drift'
person wait 'above the line from week'
picture 9-drift

# the lesson's first activity
person press Walkthrough 'page tab'
person wait 'units done'
person press 'To the board: Sort the systems'
person wait 'Where does each system belong?'
picture 10-walkthrough

person press Predict 'page tab'
person press Dark 'radio button'
picture 6-predict-dark
person press Light 'radio button'
