# Everything a newcomer needs; each line says what it does.

# list the recipes
default:
    @just --list

# build the demonstration site and serve it
demo *args:
    scripts/demo {{args}}

# every test, browser and foreign readers included
test:
    scripts/test

# programs that need nothing of the machine, for Linux and for Windows: target/portable/
portable:
    scripts/build-portable

# formatting and lints
check:
    cargo fmt --all -- --check
    cargo clippy --release --all-targets -- -D warnings

# make the demonstration data again (the tests say whether it changed)
data:
    scripts/make-province --site

# the tile stage beside its peers on the same 100,000 parcels: time, memory, bytes, gaps and overlaps
bench-tiles:
    scripts/bench-tiles

# the gate beside ogr2ogr -t_srs on the same 100,000 parcels
bench-approve:
    scripts/bench-approve
