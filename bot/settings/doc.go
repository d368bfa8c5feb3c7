// Package settings reads the settings of the server from a file and the
// environment.
package settings
