// Package townconfig holds what a town sets for itself, by version: services, hours, schedules of
// care, phones, texts, limits, templates. A version is applied whole and can be taken back.
package townconfig
