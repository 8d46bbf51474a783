# What a maintainer does by hand. The tests run with "go test ./...", everything with .ci/run.

VERSION ?= $(shell git describe --tags --always --dirty)
DIST ?= dist
ENGINE ?= $(firstword $(shell command -v podman docker buildah))

.PHONY: release image check
release: ## dist/: programs, Debian packages, bills of materials, checksums
	release/release.sh $(VERSION)

image: ## a container image, from the Containerfile, by podman, docker or buildah
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o $(DIST)/image/doppel ./cmd/doppel
	$(ENGINE) build -f Containerfile -t doppel:$(VERSION) $(DIST)/image

check:
	.ci/run
