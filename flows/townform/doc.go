// Package townform is a town's own forms: kept, checked, begun, saved, tried.
package townform
