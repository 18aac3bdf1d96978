# What the tests of the batch share: after ../lib.sh.

# told OUT: all that results say, without what differs from run to run
told() {
	python3 - "$1" <<'PY'
import glob, hashlib, json, os, sys
for d in sorted(glob.glob(sys.argv[1] + "/??/*")):
	done = json.load(open(d + "/done.json"))
	done.pop("microseconds")
	print(json.dumps(done, sort_keys=True))
	for name in sorted(os.listdir(d)):
		print(name, "" if name == "done.json" else hashlib.sha256(open(d + "/" + name, "rb").read()).hexdigest())
PY
}
