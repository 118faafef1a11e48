package main

import (
	"fmt"
	"iter"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/speakeasy-api/openapi/overlay"
	"gopkg.in/yaml.v3"
)

// applyOverlay returns the document with the overlay in a file. It refuses an overlay that names what the document does not
// have: oapi-codegen would add it, and make a field of it.
func applyOverlay(content []byte, file string) (*yaml.Node, error) {
	root, err := expand(content)
	if err != nil {
		return nil, err
	}
	over, err := overlay.Parse(file)
	if err != nil {
		return nil, fmt.Errorf("gen/%s: %w", file, err)
	}
	for _, action := range over.Actions {
		path, err := over.NewPath(action.Target, nil)
		if err != nil {
			return nil, fmt.Errorf("gen/%s: %s: %w", file, action.Target, err)
		}
		nodes := path.Query(root)
		if len(nodes) == 0 {
			return nil, fmt.Errorf("gen/%s: the document has nothing at %s. If it was renamed or removed, do the same in this file", file, action.Target)
		}
		for _, node := range nodes {
			if name := unknown(node, &action.Update); name != "" {
				return nil, fmt.Errorf("gen/%s: the document has no %q at %s. If it was renamed or removed, do the same in this file", file, name, action.Target)
			}
		}
	}
	if _, err := over.ApplyToStrict(root); err != nil {
		return nil, fmt.Errorf("gen/%s: %w", file, err)
	}
	return root, nil
}

// expand reads the document as oapi-codegen does before it applies an overlay: checked, and without anchors.
func expand(content []byte) (*yaml.Node, error) {
	parsed, err := openapi3.NewLoader().LoadFromData(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", documentName, err)
	}
	expanded, err := yaml.Marshal(parsed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", documentName, err)
	}
	root := new(yaml.Node)
	return root, yaml.Unmarshal(expanded, root)
}

// unknown returns the first key in an update that has keys of its own and that the node does not have. An update may add
// values, and Go's x- extensions, but not things.
func unknown(node, update *yaml.Node) string {
	for key, value := range pairs(update) {
		if value.Kind != yaml.MappingNode || strings.HasPrefix(key, "x-") {
			continue
		}
		there := child(node, key)
		if there == nil {
			return key
		}
		if name := unknown(there, value); name != "" {
			return name
		}
	}
	return ""
}

// pairs yields the keys and values of a mapping, in its order.
func pairs(node *yaml.Node) iter.Seq2[string, *yaml.Node] {
	return func(yield func(string, *yaml.Node) bool) {
		if node != nil && node.Kind == yaml.AliasNode {
			node = node.Alias
		}
		if node == nil || node.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(node.Content); i += 2 {
			if !yield(node.Content[i].Value, node.Content[i+1]) {
				return
			}
		}
	}
}

// child goes down a path of keys, and returns nil if there is no such node.
func child(node *yaml.Node, keys ...string) *yaml.Node {
	if node != nil && node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	for _, wanted := range keys {
		var found *yaml.Node
		for key, value := range pairs(node) {
			if key == wanted {
				found = value
			}
		}
		node = found
	}
	return node
}
