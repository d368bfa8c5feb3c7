package model

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const magic = "xintiexin understand 1\n"

// Encode returns a model as bytes: the same model makes the same bytes.
func (m *Model) Encode() ([]byte, error) {
	w := &writer{}
	w.text(magic)
	w.texts(m.Names)
	w.texts(m.Roles)
	w.put(int32(len(m.Gate)), m.Gate)
	for i := range m.Parts {
		w.linear(&m.Parts[i])
	}
	w.put(m.Mix, m.Temper)
	w.linear(&m.Danger)
	w.put(int32(len(m.Smalls)))
	for i := range m.Smalls {
		w.text(m.Smalls[i].Name)
		w.texts(m.Smalls[i].Classes)
		w.linear(&m.Smalls[i].Linear)
	}
	if w.err != nil {
		return nil, fmt.Errorf("encode weights: %w", w.err)
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(w.b.Bytes()); err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("encode weights: %w", err)
	}
	return out.Bytes(), nil
}

// Decode reads what Encode made.
func Decode(data []byte) (*Model, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("decode weights: %w", err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		return nil, fmt.Errorf("decode weights: %w", err)
	}
	r := &reader{data: plain}
	m := &Model{}
	if r.text() != magic {
		return nil, errors.New("decode weights: not a file of weights")
	}
	m.Names, m.Roles = r.texts(), r.texts()
	m.Gate = make([]int8, r.count(1))
	r.get(m.Gate)
	for i := range m.Parts {
		r.linear(&m.Parts[i])
	}
	r.get(&m.Mix, &m.Temper)
	r.linear(&m.Danger)
	m.Smalls = make([]Small, r.count(1))
	for i := range m.Smalls {
		m.Smalls[i].Name, m.Smalls[i].Classes = r.text(), r.texts()
		r.linear(&m.Smalls[i].Linear)
	}
	if r.err != nil {
		return nil, fmt.Errorf("decode weights: %w", r.err)
	}
	return m, nil
}

type writer struct {
	b   bytes.Buffer
	err error
}

func (w *writer) put(values ...any) {
	for _, v := range values {
		if err := binary.Write(&w.b, binary.LittleEndian, v); err != nil {
			w.err = err
		}
	}
}

func (w *writer) text(s string) { w.put(int32(len(s)), []byte(s)) }

func (w *writer) texts(list []string) {
	w.put(int32(len(list)))
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) linear(l *Linear) {
	w.put(int32(len(l.Keys)), int32(len(l.Weights)))
	var small []byte // the steps between keys, and how many weights each has
	last := uint32(0)
	for i, k := range l.Keys {
		small = binary.AppendUvarint(small, uint64(k-last))
		small = binary.AppendUvarint(small, uint64(l.Offsets[i+1]-l.Offsets[i]))
		last = k
	}
	w.put(int32(len(small)), small, l.Classes, l.Weights)
	w.put(int32(len(l.Bias)), l.Bias, int32(len(l.PerFeature)), l.PerFeature, l.Unit, l.Root)
}

type reader struct {
	data []byte
	err  error
}

func (r *reader) get(values ...any) {
	for _, v := range values {
		n := binary.Size(v)
		if r.err != nil {
			return
		}
		if n < 0 || n > len(r.data) {
			r.err = io.ErrUnexpectedEOF
			return
		}
		if _, err := binary.Decode(r.data[:n], binary.LittleEndian, v); err != nil {
			r.err = err
			return
		}
		r.data = r.data[n:]
	}
}

// count reads how many values of some bytes follow.
func (r *reader) count(size int) int {
	var n int32
	r.get(&n)
	if r.err == nil && (n < 0 || int(n)*size > len(r.data)) {
		r.err = io.ErrUnexpectedEOF
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) text() string {
	b := make([]byte, r.count(1))
	r.get(b)
	return string(b)
}

func (r *reader) texts() []string {
	list := make([]string, r.count(4))
	for i := range list {
		list[i] = r.text()
	}
	return list
}

func (r *reader) linear(l *Linear) {
	keys, weights := r.count(2), r.count(2)
	small := make([]byte, r.count(1))
	r.get(small)
	l.Keys, l.Offsets = make([]uint32, keys), make([]uint32, keys+1)
	at := uint32(0)
	for i := range l.Keys {
		step, n := binary.Uvarint(small)
		count, m := binary.Uvarint(small[max(n, 0):])
		if n <= 0 || m <= 0 || count > uint64(weights) {
			r.err = cmp.Or(r.err, io.ErrUnexpectedEOF)
			return
		}
		small = small[n+m:]
		at += uint32(step)
		l.Keys[i], l.Offsets[i+1] = at, l.Offsets[i]+uint32(count)
	}
	l.Classes, l.Weights = make([]uint8, weights), make([]int8, weights)
	r.get(l.Classes, l.Weights)
	l.Bias = make([]int32, r.count(4))
	r.get(l.Bias)
	if n := r.count(4); n > 0 {
		l.PerFeature = make([]int32, n)
		r.get(l.PerFeature)
	}
	r.get(&l.Unit, &l.Root)
	if r.err == nil {
		r.err = l.check()
	}
}

// check refuses weights that would be read outside of themselves.
func (l *Linear) check() error {
	last := uint32(0)
	for _, o := range l.Offsets {
		if o < last || int(o) > len(l.Weights) {
			return errors.New("offsets are out of order")
		}
		last = o
	}
	for _, c := range l.Classes {
		if int(c) >= len(l.Bias) {
			return errors.New("a weight of no class")
		}
	}
	if math.IsNaN(l.Unit) || l.PerFeature != nil && len(l.PerFeature) != len(l.Bias) {
		return errors.New("a unit that is none")
	}
	return nil
}
