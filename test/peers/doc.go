// Package peers holds what idpsync is judged by from outside: programs of other
// people that know JSON Schema, YAML editors and operating systems, and do not
// know us.
//
//   - Ajv compiles every published schema in its strict mode, accepts every
//     example, and refuses each document of testdata/broken at its one mistake.
//   - yaml-language-server, driven as an editor drives it, has no complaint about
//     the examples, underlines each mistake on its line, explains and completes.
//   - Both are held to `idpsync validate` on the fixtures of testdata/validate: they
//     complain about the same values at the same places (editor_agree_test.go).
//   - age, SOPS and pass keep secrets, which arrive at the server as they were.
//   - The Go tool builds the program for the systems that it is shipped for.
//   - pre-commit runs the hooks that the project offers, and mandoc judges its pages.
//   - The package yaml compares files before and after `idpsync fmt`.
//   - authing-node-sdk (V3, signed requests) and authing-js-sdk (V2, a token by
//     GraphQL) live through the life of a pool on `idpsync sandbox` and compare
//     what they read with what they wrote (walk-v3.mjs, walk-v2.mjs).
//
// It is a module of its own and calls the rest by path, so that nothing it needs
// reaches the main go.mod, and a judge can share no code with what it judges.
// What the Node programs are is pinned in package-lock.json; tests install them
// when they are missing or older than that file. Without Node those tests are
// skipped, and fail where CI=true, lest a pipeline be green for want of a judge.
//
// testdata/fine holds what must pass and no example needs: a variable in the place
// of a number, null, a type that came after us.
//
// A document of testdata/broken has one mistake. The line on which an editor
// should show it ends in "# want" and the JSON pointer of the place:
//
//	appName: 7   # want /spec/appName
//
// A missing key is wanted at the mapping that lacks it, an unknown key at
// itself. Files named project-*.yaml are idpsync.yaml files, the others are
// documents of any other kind.
package peers
