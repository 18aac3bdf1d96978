#!/usr/bin/env bash
# Namespaces that the kernel no longer finds, since their labels, the index of these, or their info blocks are damaged: mended,
# the kernel finds each again, with its file. In a VM; an NVDIMM for each damage.
. "$(dirname "$0")/lib.sh"

# What is damaged on which NVDIMM: bytes of the memory, of which 16 MiB are before the label area, or checksums made right.
cat >damage.py <<'END'
import struct
import sys

AREA = 16 << 20
INDEX0, INDEX1, SLOT1 = AREA, AREA + 256, AREA + 768  # slot 1 has the label in use
BTT2 = bytes.fromhex("fc3b6318351717428ac917239282d3f8")


def seal(image, at, size, sum_at):
    lo = hi = 0
    image[at + sum_at:at + sum_at + 8] = bytes(8)
    for word, in struct.iter_unpack("<I", image[at:at + size]):
        lo = lo + word & 0xffffffff
        hi = hi + lo & 0xffffffff
    image[at + sum_at:at + sum_at + 8] = struct.pack("<II", lo, hi)


def noise(image, at, size):
    image[at:at + size] = bytes((at + i) * 37 + 11 & 0xff for i in range(size))


def zero(image, at, size):
    image[at:at + size] = bytes(size)


def parent(image):
    image[4096 + 0x20] ^= 1
    seal(image, 4096, 4096, 0xff8)


def claim(image):
    image[SLOT1 + 144:SLOT1 + 160] = BTT2
    seal(image, SLOT1, 256, 248)


def indexes(image):
    noise(image, INDEX0, 256)
    noise(image, INDEX1, 256)


DAMAGES = {
    "words of the info block": lambda image: noise(image, 4096 + 0x20, 0x5e - 0x20),
    "the info block": lambda image: zero(image, 4096, 4096),
    "the info block's parent": parent,
    "both index blocks": indexes,
    "half of the label": lambda image: noise(image, SLOT1, 128),
    "the label": lambda image: zero(image, SLOT1, 256),
    "the label's kind": claim,
}
for i, (name, damage) in enumerate(DAMAGES.items()):
    with open(f"{sys.argv[1]}.{i}", "r+b") as f:
        image = bytearray(f.read())
        damage(image)
        f.seek(0)
        f.write(image)
    print(name)
END

cat >make <<'END'
set -eu
mkdir -p /mnt/vm
for i in 0 1 2 3 4 5 6; do
	ndctl create-namespace -f -m fsdax -r region$i >/dev/null
	mkfs.ext4 -q -b 4096 -N 16 /dev/pmem$i
	mount /dev/pmem$i /mnt/vm
	seq 1 $((5000 + i)) >/mnt/vm/numbers
	sha256sum </mnt/vm/numbers >wanted.$i
	umount /mnt/vm
done
END

cat >look <<'END'
mkdir -p /mnt/vm
for i in 0 1 2 3 4 5 6; do
	rm -f found.$i
	mount -o ro -t ext4 /dev/pmem$i /mnt/vm 2>/dev/null || continue
	sha256sum </mnt/vm/numbers >found.$i
	umount /mnt/vm
done
ndctl list -N >list
END

guest() { # SCRIPT IMAGES
	local nvdimms=() i
	for i in 0 1 2 3 4 5 6; do
		nvdimms+=(--nvdimm "16M,file=$PWD/$2.$i")
	done
	status=0
	"$PMEM_VM_TOOL" "${nvdimms[@]}" -- sh "./$1" >"$1.out" 2>"$1.err" || status=$?
	[ $status = 0 ] || { fail "$1: the guest ends with $status: $(tail -5 "$1.err")"; exit 1; }
}

guest make image
python3 damage.py image >names
mapfile -t names <names
for i in 0 1 2 3 4 5 6; do
	cp --sparse=always image.$i damaged.$i # the kernel may write to what it looks at
	status=0
	"$PMEMSCOPE" repair --yes --in-place --journal journal.$i image.$i >log.$i 2>&1 || status=$?
	same "${names[i]}: mended" 1 $status
done
guest look damaged
for i in 0 1 2 3 4 5 6; do
	[ ! -e found.$i ] || fail "${names[i]}: the kernel finds the file in spite of the damage"
done
guest look image
for i in 0 1 2 3 4 5 6; do
	same "${names[i]}: the kernel finds the file again" "$(cat wanted.$i)" "$(cat found.$i 2>/dev/null)"
done
same "all are fsdax namespaces" 7 "$(grep -c '"mode":"fsdax"' list)"
rm -f image.* damaged.*
exit $failed
