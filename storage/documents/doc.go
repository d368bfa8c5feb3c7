// Package documents keeps result documents on their way: ready, fetched, handed to a proxy, mailed.
package documents
