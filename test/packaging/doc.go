// Package packaging holds the judges of what is shipped: the action and the
// templates for pipelines, the images, the releases, the chart and the unit. Each
// of them is run or read by the program that people will run or read it with:
//
//   - actionlint and shellcheck read the workflows and scripts; the action's own
//     steps are then run, one after the other, against a server that stands in
//     for GitHub, and the jobs of the GitLab template against one for GitLab;
//   - buildah builds the images, and the program inside is started;
//   - goreleaser makes the release twice, which must be the same bytes; dpkg and
//     rpm look into the packages, and an SPDX library reads the bill of materials;
//   - helm renders the chart, the types of Kubernetes read the result, and the
//     command line in it is given to idpsync; systemd reads the unit.
//
// It is a module of its own, so that what the judges need stays out of the main
// one. It installs what Debian has; where that is impossible a test is skipped
// and says so, and with CI=true it fails.
package packaging
