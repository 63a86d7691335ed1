// Package packaging holds the judges of what is shipped: the action and the
// templates for pipelines, the images, the releases, the charts, the Compose file
// and the units. Each of them is run or read by the program that people will run
// or read it with:
//
//   - actionlint and shellcheck read the workflows and scripts; the action's own
//     steps are then run, one after the other, against a server that stands in
//     for GitHub, and the jobs of the GitLab template against one for GitLab;
//   - buildah builds the images, and the program inside is started;
//   - goreleaser makes the release twice, which must be the same bytes; dpkg and
//     rpm look into the packages, and an SPDX library reads the bill of materials;
//   - helm renders the charts, the types of Kubernetes read the result, and the
//     command lines in it are given to idpsync; systemd reads the units;
//   - the library of Compose reads compose.yaml, and its services are started as
//     processes on this machine. Those of serve have a real PostgreSQL.
//
// It is a module of its own, so that what the judges need stays out of the main
// one. It installs what Debian has; where that is impossible a test is skipped
// and says so, and with CI=true it fails.
package packaging
