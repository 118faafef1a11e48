vcl 4.1;
import std;
backend gitlab {
  .host = "{{.Host}}";
  .port = "{{.GitLabPort}}";
}
{{.Server}}
