// Package dialog answers one message of one person: the turn, the reply, the run of
// a form, confirmation, undo, what is put aside, consent, and the list of
// recognisers. It knows capabilities as values alone.
package dialog
