// Package engage keeps customer engagement straight: what customers did, what they
// said, who is answering, and who should answer next. It is a library: the host
// imports it, and everything is kept behind a small pluggable [store.Store].
package engage
