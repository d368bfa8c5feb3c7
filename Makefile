# What a change must pass; .ci/run calls these targets in this order.

# As many runs of each fuzz target as .ci/run has time for. By count: a limit in
# seconds now and then ends in "context deadline exceeded", which is no finding.
FUZZ = 3000x

.PHONY: all build test race fuzz lint

all: lint build test

# The program, with the commit in `xintiexin version`.
build:
	go build -o xintiexin .

# The README's command, to the letter. It compiles for every platform too
# (TestPlatforms); `go test -short ./...` leaves that out.
test:
	$$(grep -m1 -x 'go test ./...' README.md)

race:
	go test -race -timeout 20m -skip TestPlatforms ./...

fuzz:
	@set -e; for pkg in $$(go list ./...); do \
	  for target in $$(go test -list '^Fuzz' "$$pkg" 2>/dev/null | grep '^Fuzz' || true); do \
	    go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZ) -fuzzminimizetime 5x "$$pkg"; \
	  done; \
	done

lint:
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); [ -z "$$unformatted" ] || { echo "gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go tool staticcheck ./...
