// Package browser looks at the status page of a real "idpsync watch" through a
// real Chromium: what a person would do, and see. It is a module of its own, so
// that nobody who builds idpsync needs what drives a browser.
//
// Whatever the page says is waited for: each look is repeated until it is so, up
// to a minute. With IDPSYNC_SCREENSHOTS=DIR the pictures that the tests take are
// kept there, to be looked at.
package browser
