#!/bin/bash -eu
# Builds every fuzz target for ClusterFuzzLite and OSS-Fuzz: $OUT gets each program with its seeds, its dictionary and
# its options. The list of targets is cargo-fuzz's own. `.clusterfuzzlite/dry-run` tries it on any machine.
cd "${SRC:?}/flin"
: "${OUT:?}"
options=(--release --debug-assertions)
case "${SANITIZER:-address}" in
    address) ;;
    none | coverage) options+=(--sanitizer none) ;;
    *) options+=(--sanitizer "$SANITIZER") ;;
esac
[ -z "${FUZZ_TARGET_DIR:-}" ] || options+=(--target-dir "$FUZZ_TARGET_DIR")
cargo fuzz build "${options[@]}"

triple=$(rustc -vV | sed -n 's/^host: //p')
built=${FUZZ_TARGET_DIR:-fuzz/target}/$triple/release
pack() { # FOLDER ARCHIVE
    if command -v zip >/dev/null; then
        (cd "$1" && zip -q -r "$2" .)
    else
        (cd "$1" && python3 -m zipfile -c "$2" ./*)
    fi
}
for target in $(cargo fuzz list); do
    # The canary crashes on purpose; a campaign has no use for it.
    [ "$target" != canary ] || continue
    cp "$built/$target" "$OUT/"
    pack "fuzz/corpus/$target" "$OUT/${target}_seed_corpus.zip"
    [ ! -f "fuzz/dictionaries/$target.dict" ] || cp "fuzz/dictionaries/$target.dict" "$OUT/$target.dict"
    printf '[libfuzzer]\ntimeout = 25\nrss_limit_mb = 2560\nentropic = 0\n' >"$OUT/$target.options"
done
