// Package diagnostic knows the shape of a complaint (code, severity, place,
// message, hint), the catalogue of codes and sentences in English and Simplified
// Chinese, and how any other sentence of the program is said in Chinese.
//
// It must not know who complains, nor how a complaint is shown: it imports
// nothing of ours. One catalogue, so that a code means one thing for ever, and
// so that a test can prove that every sentence exists in both languages.
//
// A diagnostic is made in two steps: whoever complains names the sentence and
// gives its arguments (T), whoever shows it chooses the language (Text.In).
// Arguments may be sentences themselves. No argument may ever be a secret value.
//
// Everything else that a person reads (an error, a reason, a hint, a line of a
// report) is made in English where it happens and told when it is printed: Told
// takes the finished text, Say the format and its arguments. Their tables are
// told_zh_<package>.go. Tests walk the sources of all packages: no sentence may
// lack its row, no row may outlive its sentence, and both show the same values.
//
//	fmt.Errorf("no %s in %s", file, dir)                  // where it happens
//	{"no %s in %s", "%[2]s 中没有 %[1]s"},                  // the row
//	diagnostic.Told("zh-CN", "no idpsync.yaml in /tmp")   // "/tmp 中没有 idpsync.yaml"
//
// What is not told: JSON, log lines, names, and what servers, the system and
// other programs said.
package diagnostic
