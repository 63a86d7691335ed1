// Package formats judges what idpsync writes for people and programs of others,
// with programs that know those formats and do not know us:
//
//   - go-sarif checks SARIF by the published schema.
//   - xmllint checks JUnit by an XSD, which testdata/junit.xsd writes out strictly
//     from the public description of the format; GitLab's Code Quality is checked
//     by testdata/codequality.schema.json in the same way.
//   - cmark-gfm, GitHub's own Markdown parser, turns a page into HTML, in which no
//     name of anybody may have become an element.
//   - Graphviz lays out what graph -o dot writes, and mermaid parses -o mermaid.
//   - Chromium shows the HTML page: with names that would like to be scripts, in
//     both languages and themes, from a phone's width on, with 5,000 changes, and
//     without any script.
//
// It is a module of its own, so that nothing it needs reaches the main go.mod.
// What is missing on the machine is installed with apt-get where that is allowed;
// else a test is skipped loudly, and fails where CI=true.
package formats
