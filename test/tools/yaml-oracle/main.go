// What the Go provider's reader makes of the text of `objects`: one JSON string a line on stdin, one JSON answer a line on stdout.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"sigs.k8s.io/yaml"
)

type jmesPath struct {
	Path           string `json:"path"`
	ObjectAlias    string `json:"objectAlias"`
	FilePermission string `json:"filePermission"`
}

type failoverObject struct {
	ObjectName         string `json:"objectName"`
	ObjectVersion      string `json:"objectVersion"`
	ObjectVersionLabel string `json:"objectVersionLabel"`
}

// The fields of the Go provider's SecretDescriptor.
type descriptor struct {
	ObjectAlias        string         `json:"objectAlias"`
	ObjectName         string         `json:"objectName"`
	ObjectVersion      string         `json:"objectVersion"`
	ObjectVersionLabel string         `json:"objectVersionLabel"`
	ObjectType         string         `json:"objectType"`
	JMESPath           []jmesPath     `json:"jmesPath"`
	FilePermission     string         `json:"filePermission"`
	FailoverObject     failoverObject `json:"failoverObject"`
}

type answer struct {
	Objects []*descriptor `json:"objects"`
	Error   string        `json:"error"`
}

func read(text string) (result answer) {
	defer func() {
		if fault := recover(); fault != nil {
			result = answer{Error: fmt.Sprintf("panic: %v", fault)}
		}
	}()
	var objects []*descriptor
	if err := yaml.Unmarshal([]byte(text), &objects); err != nil {
		return answer{Error: err.Error()}
	}
	return answer{Objects: objects}
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	lines := json.NewDecoder(in)
	for lines.More() {
		var text string
		if err := lines.Decode(&text); err != nil {
			panic(err)
		}
		if err := encoder.Encode(read(text)); err != nil {
			panic(err)
		}
	}
}
