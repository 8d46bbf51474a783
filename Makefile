# What a maintainer does by hand. The tests run with "go test ./...", everything with .ci/run.

VERSION ?= $(shell git describe --tags --always --dirty)

.PHONY: release image check
release: ## dist/: programs, Debian packages, bills of materials, checksums
	release/release.sh $(VERSION)

image: ## a container image, from the Containerfile, by podman or docker
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o dist/image/doppel ./cmd/doppel
	$(shell command -v podman || command -v docker) build -f Containerfile -t doppel:$(VERSION) .

check:
	.ci/run
