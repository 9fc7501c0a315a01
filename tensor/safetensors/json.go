package safetensors

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// token reads the next token; an end inside the object is an error.
func (p *headerParser) token() (json.Token, error) {
	t, err := p.dec.Token()
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = errors.New("the JSON ends too early")
	}
	return t, err
}

// object reads an object and calls member behind each key.
func (p *headerParser) object(what string, member func(key string) error) error {
	t, err := p.token()
	if err != nil {
		return err
	}
	if t != json.Delim('{') {
		return fmt.Errorf("%s: want an object", what)
	}
	for {
		t, err := p.token()
		if err != nil {
			return err
		}
		if t == json.Delim('}') {
			return nil
		}
		if err := member(t.(string)); err != nil { // the decoder lets only strings be keys
			return err
		}
	}
}

// text reads a string.
func (p *headerParser) text(what string) (string, error) {
	t, err := p.token()
	if err != nil {
		return "", err
	}
	s, ok := t.(string)
	if !ok {
		return "", fmt.Errorf("%s: want a string", what)
	}
	return s, nil
}

// numbers reads a list of at most most integers that are not negative.
func (p *headerParser) numbers(what string, most int) ([]int, error) {
	t, err := p.token()
	if err != nil {
		return nil, err
	}
	if t != json.Delim('[') {
		return nil, fmt.Errorf("%s: want a list of numbers", what)
	}
	list := []int{}
	for {
		t, err := p.token()
		if err != nil {
			return nil, err
		}
		if t == json.Delim(']') {
			return list, nil
		}
		number, ok := t.(json.Number)
		if !ok {
			return nil, fmt.Errorf("%s: want a list of numbers", what)
		}
		n, err := strconv.ParseUint(string(number), 10, strconv.IntSize-1)
		if err != nil {
			return nil, fmt.Errorf("%s: %.30q is no size this machine can have", what, number)
		}
		if len(list) == most {
			return nil, fmt.Errorf("%s: more than %d numbers", what, most)
		}
		list = append(list, int(n))
	}
}
