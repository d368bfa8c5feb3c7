// Package request is what people ask for, supplies and invited visits among it.
package request
