// Package bench measures idpsync against a floor: a program that does only the
// work nobody can leave out, written with the same libraries and no cleverness
// that idpsync would be forbidden. A ratio between two processes that ran one
// after the other on the same machine means the same everywhere; a second does
// not.
//
//   - floor makes projects of any size and does the necessary work on them.
//   - compare runs two commands A B A B ..., and fails when the median of the
//     ratios of their processor time, or the peak memory of the second, is above
//     what was promised.
//
// "make bench" says which rows there are. It is a module of its own, so that the
// walls between the packages of the main one need no door for it.
package bench
