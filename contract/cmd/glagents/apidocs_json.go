package main

import (
	"bytes"
	"encoding/json"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// yamlToJSON turns a YAML document into JSON and keeps the order of its keys: tools execute operations in that order.
func yamlToJSON(document []byte) ([]byte, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(document, &root); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := writeJSON(&out, &root); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func writeJSON(out *bytes.Buffer, node *yaml.Node) error {
	switch node.Kind {
	case yaml.DocumentNode:
		return writeJSON(out, node.Content[0])
	case yaml.MappingNode:
		return writeObject(out, node.Content)
	case yaml.SequenceNode:
		return writeArray(out, node.Content)
	case yaml.ScalarNode:
		var value any
		if err := node.Decode(&value); err != nil {
			return err
		}
		return writeScalar(out, value)
	default:
		return fmt.Errorf("line %d: the document has no aliases", node.Line)
	}
}

// writeObject writes keys and values, which take turns.
func writeObject(out *bytes.Buffer, content []*yaml.Node) error {
	out.WriteByte('{')
	for i := 0; i+1 < len(content); i += 2 {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeScalar(out, content[i].Value); err != nil {
			return err
		}
		out.WriteByte(':')
		if err := writeJSON(out, content[i+1]); err != nil {
			return err
		}
	}
	out.WriteByte('}')
	return nil
}

func writeArray(out *bytes.Buffer, content []*yaml.Node) error {
	out.WriteByte('[')
	for i, node := range content {
		if i > 0 {
			out.WriteByte(',')
		}
		if err := writeJSON(out, node); err != nil {
			return err
		}
	}
	out.WriteByte(']')
	return nil
}

// writeScalar writes a value without the escapes of HTML, which only make Link headers hard to read.
func writeScalar(out *bytes.Buffer, value any) error {
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	out.Truncate(out.Len() - 1) // the line break that an Encoder adds
	return nil
}
