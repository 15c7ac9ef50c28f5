"""What every command of the compiler promises: exit codes, formats, hints, silence."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import projects
import pytest
from click.testing import CliRunner, Result

from alertkit import __version__, resources
from alertkit.cli import COMMANDS, cli
from alertkit.compiler.reading import schema

ALERT = "alerts: [{{name: A, service: web, expr: x > {}, severity: info, summary: a}}]\n"
RIGHT, WRONG = ALERT.format(1), ALERT.format(1).replace("service: web", "service: wep")
WARNED = RIGHT.replace("summary: a", "summary: {de: a}")


def run(*arguments: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), env=env)


def process(*arguments: str, cwd: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    """The command as a process of its own."""
    command = [sys.executable, "-m", "alertkit", *arguments]
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, check=False)


@pytest.fixture
def right(tmp_path: Path) -> Path:
    return projects.make(tmp_path, {"acme": RIGHT})


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    return projects.make(tmp_path, {"acme": WRONG, "globex": RIGHT})


# Exit codes


def test_fine_is_0_problems_are_1_and_wrong_usage_is_2(right: Path) -> None:
    project = ["--project", str(right)]
    assert run("validate", *project).exit_code == 0
    assert run("generate", *project).exit_code == 0
    assert run("generate", "--check", *project).exit_code == 0
    projects.make(right, {"acme": ALERT.format(2)})
    assert run("generate", "--check", *project).exit_code == 1
    projects.make(right, {"acme": WRONG})
    assert run("validate", *project).exit_code == 1
    assert run("generate", *project).exit_code == 1
    assert run("validate", *project, "--tenant", "nobody").exit_code == 2
    assert run("validate", *project, "--env", "nowhere").exit_code == 2
    assert run("validate", "--project", str(right / "elsewhere")).exit_code == 2
    assert run("generate", "--jobs", "0", *project).exit_code == 2
    assert run("generate", "--colour", *project).exit_code == 2


def test_a_warning_is_printed_and_is_no_failure(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": WARNED})
    done = run("validate", "--project", str(tmp_path))
    assert done.exit_code == 0
    assert "AK409 warning: " in done.output
    assert done.output.endswith("0 errors, 1 warning\n")
    assert run("generate", "--project", str(tmp_path)).exit_code == 0


def test_a_foreign_file_is_one_sentence_and_exit_code_1(right: Path) -> None:
    (right / "generated").write_text("mine", encoding="utf-8")
    done = run("generate", "--project", str(right))
    assert done.exit_code == 1
    assert done.stderr.startswith("alertkit: ")
    assert "is not a folder" in done.stderr
    assert "Traceback" not in done.output


def test_a_file_that_cannot_be_written_is_named(right: Path) -> None:
    (right / "generated" / "manifest").parent.mkdir()
    (right / "generated" / "manifest").write_text("in the way", encoding="utf-8")
    done = run("generate", "--project", str(right))
    assert done.exit_code == 1
    assert "generated/manifest" in done.stderr


def test_a_full_disk_is_one_sentence_leaves_whole_files_and_the_next_run_goes_on(right: Path) -> None:
    generate = f"{sys.executable} -m alertkit generate --project {right}"
    # Coverage of the child would write a file of its own, which the limit refuses as well.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    full = subprocess.run(["bash", "-c", f"ulimit -f 2; {generate}"], capture_output=True, text=True, check=False, env=env)
    assert full.returncode == 1
    assert full.stderr.startswith("alertkit: ")
    assert full.stderr.count("\n") == 1
    assert ".tmp" not in full.stderr
    assert not list(right.rglob("*.tmp"))
    assert run("generate", "--project", str(right)).exit_code == 0
    assert run("generate", "--check", "--project", str(right)).exit_code == 0


def test_an_output_that_takes_nothing_is_one_sentence(wrong: Path) -> None:
    validate = f"{sys.executable} -m alertkit validate --project {wrong} > /dev/full"
    done = subprocess.run(["bash", "-c", validate], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "alertkit: the output: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["--env", "--out", "--project"])
def test_a_variable_that_is_empty_is_wrong_usage_not_another_environment_or_folder(option: str, right: Path) -> None:
    done = run("generate", "--project", str(right), option, "")
    assert done.exit_code == 2
    assert "is a variable empty?" in done.stderr


@pytest.mark.parametrize("out", ["tenants", "tenants/acme"])
def test_nothing_is_generated_among_the_definitions_where_every_folder_is_a_tenant(out: str, right: Path) -> None:
    done = run("generate", "--project", str(right), "--out", str(right / out))
    assert (done.exit_code, "give another --out" in done.stderr) == (2, True)
    assert [file.name for file in (right / "tenants").iterdir()] == ["acme.yaml"]


# Finding the project


def test_the_nearest_parent_with_a_project_file_is_the_project(right: Path) -> None:
    below = right / "tenants"
    done = process("validate", cwd=below)
    assert (done.returncode, done.stdout) == (0, "no problems\n")


def test_where_there_is_no_project_that_is_said_once(tmp_path: Path) -> None:
    done = process("generate", cwd=tmp_path)
    assert done.returncode == 2
    assert done.stderr.startswith("alertkit: no alertkit.yaml in ")
    assert done.stderr.count("\n") == 1


def test_problems_name_files_from_where_the_command_runs(wrong: Path) -> None:
    done = process("validate", "--project", wrong.name, cwd=wrong.parent)
    assert done.stdout.startswith(f"{wrong.name}/tenants/acme.yaml:1:29: AK301 ")
    done = process("validate", cwd=wrong)
    assert done.stdout.startswith("tenants/acme.yaml:1:29: AK301 ")


# Formats


def test_problems_as_text_are_a_line_each_with_a_verdict(wrong: Path) -> None:
    done = run("validate", "--project", str(wrong))
    first, verdict = done.output.splitlines()
    assert first.endswith("tenants/acme.yaml:1:29: AK301 unknown service 'wep' (did you mean 'web'?)")
    assert verdict == "1 error, 0 warnings"


def test_problems_as_json_are_one_document(wrong: Path) -> None:
    done = run("validate", "--project", str(wrong), "--format", "json")
    assert json.loads(done.stdout) == {
        "problems": [
            {
                "file": "tenants/acme.yaml",
                "line": 1,
                "column": 29,
                "code": "AK301",
                "message": "unknown service 'wep'",
                "hint": "did you mean 'web'?",
                "tenant": "acme",
                "level": "error",
            }
        ]
    }


def test_problems_for_github_are_annotations_of_lines(wrong: Path) -> None:
    done = process("validate", "--format", "github", cwd=wrong)
    assert done.stdout == (
        "::error file=tenants/acme.yaml,line=1,col=29,title=AK301::unknown service 'wep' (did you mean 'web'?)\n"
    )


def test_what_would_end_an_annotation_early_is_escaped(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme/a,b": "x: '100%: a'\ny: [\n"})
    done = process("validate", "--format", "github", cwd=tmp_path)
    assert done.stdout.startswith("::error file=tenants/acme/a%2Cb.yaml,line=")
    projects.make(tmp_path, {"acme/a,b": projects.tenant('services: [{name: "100%\\n", owner: web}]\n')})
    done = process("validate", "--format", "github", cwd=tmp_path)
    assert "found '100%25\\n'" in done.stdout
    assert done.stdout.count("\n") == 1


def test_a_file_s_name_cannot_write_to_a_terminal_or_to_a_pull_request(tmp_path: Path) -> None:
    name = "evil\n::stop-commands::x\x1b[31m"
    projects.make(tmp_path, {name: "", f"acme/{name}": "x: ["})
    for form in ("text", "github"):
        for command in ("validate", "generate"):
            done = process(command, "--format", form, "--quiet", cwd=tmp_path)
            assert "\x1b" not in done.stdout
            assert len(done.stdout.splitlines()) == 2
            assert not [line for line in done.stdout.splitlines() if line.startswith("::stop")]


def test_a_warning_for_github_is_a_warning(tmp_path: Path) -> None:
    projects.make(tmp_path, {"acme": WARNED})
    assert run("validate", "--project", str(tmp_path), "--format", "github").output.startswith("::warning file=")


def test_a_problem_without_a_line_is_an_annotation_of_the_file(tmp_path: Path) -> None:
    projects.make(tmp_path, {"Acme": ""})
    assert "::error file=tenants/Acme.yaml,title=AK304::" in process("validate", "--format", "github", cwd=tmp_path).stdout


@pytest.mark.parametrize("command", ["validate", "generate"])
def test_a_mistake_in_the_project_file_comes_in_every_format(command: str, right: Path) -> None:
    projects.make(right, {"acme": RIGHT}, project="colour: red\n")
    project = ["--project", str(right)]
    assert "AK201 unknown key 'colour'" in run(command, *project).stdout
    assert json.loads(run(command, *project, "--format", "json").stdout)["problems"][0]["code"] == "AK201"
    github = run(command, *project, "--format", "github")
    assert github.stdout.startswith("::error file=")
    assert github.exit_code == 1


def test_a_plan_as_json_says_everything_about_every_tenant(right: Path) -> None:
    project = ["--project", str(right)]
    run("generate", *project)
    projects.make(right, {"acme": ALERT.format(2), "globex": WRONG})
    plan = json.loads(run("generate", *project, "--format", "json").stdout)
    tenants = {tenant["tenant"]: tenant for tenant in plan["tenants"]}
    assert tenants["acme"]["rules"] == [
        {
            "sign": "~",
            "rule": "alert A",
            "changes": [{"field": "expr", "before": 'x{tenant="acme"} > 1', "after": 'x{tenant="acme"} > 2'}],
            "source": "tenants/acme.yaml:1",
        }
    ]
    assert {"path": "rules/acme.alerts.yaml", "fate": "changed"} in tenants["acme"]["files"]
    assert tenants["globex"]["problems"][0]["code"] == "AK301"


# The plan in words


def test_a_plan_shows_each_kind_of_file_and_below_it_the_rules_that_change(right: Path) -> None:
    run("generate", "--project", str(right))
    projects.make(right, {"acme": ALERT.format(2)})
    lines = run("generate", "--check", "--project", str(right)).output.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("generated/rules/acme."))
    assert lines[at].split() == [
        "generated/rules/acme.{records,alerts}.yaml",
        "1",
        "group,",
        "1",
        "rule",
        "changed",
        "(+0",
        "~1",
        "-0)",
    ]
    assert lines[at + 1] == "  ~ alert A  tenants/acme.yaml:1"
    assert lines[at + 2] == '      expr: x{tenant="acme"} > 1 → x{tenant="acme"} > 2'
    assert lines[-1] == "the generated files are stale: run `alertkit generate` and commit the result"


def test_an_environment_is_named_in_the_paths_and_in_the_command_to_run(right: Path) -> None:
    output = run("generate", "--check", "--env", "staging", "--project", str(right)).output
    assert "generated/staging/rules/acme." in output
    assert "run `alertkit generate --env staging` and commit the result" in output


def test_of_a_new_tenant_some_rules_are_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    rules = "".join(f"{{name: A{number}, service: web, expr: x > 1, severity: info, summary: a}}, " for number in range(9))
    output = run("generate", "--project", str(projects.make(tmp_path, {"acme": f"alerts: [{rules}]\n"}))).output
    assert output.count("+ alert A") == 5
    assert "and 4 more rules" in output


def test_a_check_of_fresh_files_says_so(right: Path) -> None:
    run("generate", "--project", str(right))
    assert run("generate", "--check", "--project", str(right)).output.endswith("the generated files are up to date\n")


def test_a_check_does_not_call_files_fresh_whose_definition_is_wrong(right: Path) -> None:
    run("generate", "--project", str(right))
    done = run("generate", "--check", "--project", str(projects.make(right, {"acme": WRONG})))
    assert done.exit_code == 1
    assert done.output.endswith("the generated files are up to date, but for tenants with problems\n")


def test_of_a_tenant_that_is_gone_every_rule_is_told(right: Path) -> None:
    run("generate", "--project", str(projects.make(right, {"globex": RIGHT})))
    (right / "tenants" / "globex.yaml").unlink()
    output = run("generate", "--check", "--project", str(right)).output
    assert "removed   (+0 ~0 -1)\n  - alert A\n" in output


@pytest.mark.parametrize(("columns", "shown"), [("80", False), ("120", True)])
def test_a_narrow_terminal_has_whole_lines_that_say_what_changes(columns: str, shown: bool, right: Path) -> None:
    output = on_terminal("stdout", "generate", "--check", "--project", str(right), COLUMNS=columns, NO_COLOR="1")
    assert ("1 group, 1 rule" in output) == shown
    assert "rules/acme.{records,alerts}.yaml" in output
    assert "added     (+1 ~0 -0)" in output
    assert max(map(len, output.splitlines()[:-1])) <= int(columns)


def test_files_in_the_folder_that_the_command_runs_in_are_not_shown_at_the_root(right: Path) -> None:
    output = process("generate", "--check", "--project", str(right), "--out", ".", cwd=right).stdout
    assert "./rules/acme." in output
    assert "\n/" not in output


def test_what_changes_for_grafana_alone_is_in_the_plan(right: Path) -> None:
    projects.make(right, {"acme": RIGHT + "dashboards: [technical]\n"})
    run("generate", "--project", str(right))
    projects.make(right, {"acme": RIGHT + "dashboards: [technical]\n"}, "grafana: {provisioning: {path: /srv/dashboards}}\n")
    lines = run("generate", "--check", "--project", str(right)).output.splitlines()
    changed = [line.split()[0] for line in lines if line.endswith(" changed")]
    assert changed == ["generated/grafana/…/platform", "generated/grafana/…/acme"]


def test_rules_in_another_order_are_no_riddle(tmp_path: Path) -> None:
    entries = [f"{{name: {name}, service: web, expr: x > 1, severity: info, summary: a}}" for name in "AB"]
    run("generate", "--project", str(projects.make(tmp_path, {"acme": f"alerts: [{', '.join(entries)}]\n"})))
    projects.make(tmp_path, {"acme": f"alerts: [{', '.join(reversed(entries))}]\n"})
    assert "no rule, but their order, groups or intervals\n" in run("generate", "--check", "--project", str(tmp_path)).output


def test_a_tenant_with_problems_is_said_to_stay_as_it_was(wrong: Path) -> None:
    output = run("generate", "--project", str(wrong)).output
    assert "acme: has problems" in output
    assert "AK301" in output
    assert "generated/rules/globex." in output


def test_of_many_tenants_only_those_that_change_are_shown(tmp_path: Path) -> None:
    projects.make(tmp_path, {f"t-{number}": RIGHT for number in range(15)})
    project = ["--project", str(tmp_path)]
    run("generate", *project, "--quiet")
    projects.make(tmp_path, {"t-3": ALERT.format(2)})
    output = run("generate", *project).output
    assert "rules/t-3." in output
    assert "rules/t-4." not in output
    assert "15 of 16 tenants unchanged" in output


def test_quiet_prints_problems_only(wrong: Path) -> None:
    for command in ("validate", "generate"):
        (line,) = run(command, "--quiet", "--project", str(wrong)).output.splitlines()
        assert "AK301" in line
    projects.make(wrong, {"acme": RIGHT})
    for command in ("validate", "generate"):
        assert run(command, "-q", "--project", str(wrong)).output == ""


def test_out_and_environment_say_where_files_go(right: Path, tmp_path: Path) -> None:
    done = run("generate", "--project", str(right), "--env", "staging", "--out", str(tmp_path / "elsewhere"))
    assert done.exit_code == 0
    assert (tmp_path / "elsewhere" / "staging" / "rules" / "acme.alerts.yaml").exists()
    assert not (right / "generated").exists()


# Colours


def test_a_terminal_gets_colours_unless_somebody_asked_for_none(right: Path) -> None:
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    assert "\x1b[32m" in process("validate", cwd=right, **terminal).stdout
    assert "\x1b" not in process("validate", cwd=right, **terminal, NO_COLOR="1").stdout
    assert "\x1b" not in process("validate", "--no-color", cwd=right, **terminal).stdout


def test_without_colours_nothing_is_dim_or_bold_either(right: Path) -> None:
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}
    process("generate", cwd=right)
    assert "\x1b[2m" in process("generate", cwd=right, **terminal).stdout
    for done in (
        process("generate", cwd=right, **terminal, NO_COLOR="1"),
        process("generate", "--no-color", cwd=right, **terminal),
    ):
        assert "unchanged" in done.stdout
        assert "\x1b" not in done.stdout + done.stderr


def test_a_pipe_gets_no_colours(right: Path) -> None:
    assert "\x1b" not in process("generate", cwd=right).stdout


def test_a_terminal_sees_how_far_a_long_run_is_and_a_short_one_shows_nothing(tmp_path: Path) -> None:
    assert "tenants" in watched(projects.make(tmp_path / "long", {f"t-{number}": RIGHT for number in range(25)}))
    assert "tenants" not in watched(projects.make(tmp_path / "short", {"acme": RIGHT}))
    assert "tenants" not in watched(projects.make(tmp_path / "quiet", {f"t-{number}": RIGHT for number in range(25)}), "--quiet")


def watched(project: Path, *arguments: str) -> str:
    """What a terminal on standard error shows while a project is generated."""
    return on_terminal("stderr", "generate", "--project", str(project), *arguments)


def on_terminal(stream: str, *arguments: str, **env: str) -> str:
    """What a terminal on one of the output streams shows."""
    terminal, other_end = pty.openpty()
    command = [sys.executable, "-m", "alertkit", *arguments]
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, stream: other_end}
    subprocess.run(command, env={**os.environ, "TERM": "xterm", **env}, check=False, **streams)  # type: ignore[call-overload]
    os.write(other_end, b"END")
    os.close(other_end)
    seen = b""
    while not seen.endswith(b"END"):
        seen += os.read(terminal, 1 << 16)
    os.close(terminal)
    return seen.decode()


# The command itself


@pytest.mark.parametrize(("typed", "meant"), [("genrate", "generate"), ("vaildate", "validate"), ("schemas", "schema")])
def test_a_command_that_is_misspelt_gets_the_nearest_one(typed: str, meant: str) -> None:
    done = run(typed)
    assert done.exit_code == 2
    assert f"No such command '{typed}'. Did you mean '{meant}'?" in done.output


def test_a_command_that_resembles_none_gets_no_hint() -> None:
    done = run("xyzzy")
    assert done.exit_code == 2
    assert "Did you mean" not in done.output


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_has_a_module_and_a_help_that_says_what_it_does(command: str) -> None:
    done = run(command, "--help")
    assert done.exit_code == 0, done.output
    assert f"alertkit {command}" in done.output or f"cli {command}" in done.output


def test_the_help_lists_every_command_without_importing_one() -> None:
    code = "import sys; from alertkit.cli import main; sys.argv = ['alertkit', '--help']\ntry: main()\nfinally: " + LOADED
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for command, what in COMMANDS.items():
        assert command in done.stdout
        assert what.split()[0] in done.stdout
    assert done.stderr.strip() == "[]"


LOADED = (
    "print([m for m in sys.modules if m.startswith(('alertkit.compiler', 'alertkit.model', 'ruamel', 'jsonschema',"
    " 'rich', 'starlette', 'aiohttp', 'alertkit.receiver'))], file=sys.stderr)"
)


def test_the_version_is_said_without_importing_the_compiler() -> None:
    code = "import sys; from alertkit.cli import main; sys.argv = ['alertkit', '--version']\ntry: main()\nfinally: " + LOADED
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"alertkit {__version__}\n"
    assert done.stderr.strip() == "[]"


def test_importing_the_library_imports_nothing_else() -> None:
    code = "import sys, alertkit; " + LOADED
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_the_module_and_the_console_script_are_the_same_command() -> None:
    script = Path(sys.executable).with_name("alertkit")
    said = subprocess.run([str(script), "--version"], capture_output=True, text=True, check=True).stdout
    assert process("--version").stdout == said


def test_a_reader_that_leaves_early_is_no_error(right: Path) -> None:
    script = f"{sys.executable} -m alertkit schema tenant | head -c 10; echo ${{PIPESTATUS[0]}} >&2"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == schema.text("tenant")[:10]
    assert "Traceback" not in done.stderr
    assert "Exception" not in done.stderr


# Completion


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(shell: str) -> None:
    done = process("completion", shell)
    assert done.returncode == 0
    assert "_ALERTKIT_COMPLETE" in done.stdout


def test_a_shell_that_is_unknown_is_wrong_usage() -> None:
    assert run("completion", "tcsh").exit_code == 2


@pytest.mark.parametrize(
    ("words", "index", "expected"),
    [
        ("alertkit gen", "1", "plain,generate"),
        ("alertkit generate --ten", "2", "plain,--tenant"),
        ("alertkit completion f", "2", "plain,fish"),
    ],
)
def test_words_are_completed(words: str, index: str, expected: str) -> None:
    done = process(_ALERTKIT_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=index)
    assert expected in done.stdout.split()


@pytest.mark.parametrize(("words", "expected"), [("--tenant a", "plain,acme"), ("--env sta", "plain,staging")])
def test_names_of_the_project_are_completed(words: str, expected: str, right: Path) -> None:
    typed = f"alertkit generate {words}"
    done = process(cwd=right, _ALERTKIT_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD="3")
    assert done.stdout.split() == [expected]


def test_where_there_is_no_project_nothing_is_completed_and_nothing_said(tmp_path: Path) -> None:
    done = process(cwd=tmp_path, _ALERTKIT_COMPLETE="bash_complete", COMP_WORDS="alertkit generate --tenant a", COMP_CWORD="3")
    assert (done.stdout.strip(), done.stderr) == ("", "")


# Schemas


@pytest.mark.parametrize("name", resources.SCHEMAS)
def test_a_schema_is_printed_as_it_is_shipped(name: str) -> None:
    done = run("schema", name)
    assert done.exit_code == 0
    assert done.output == schema.text(name)


def test_all_schemas_are_written_where_an_editor_finds_them(tmp_path: Path) -> None:
    done = run("schema", "--write", str(tmp_path / "schemas"))
    assert done.exit_code == 0
    assert {file.name for file in (tmp_path / "schemas").iterdir()} == {f"{name}.schema.json" for name in resources.SCHEMAS}
    assert len(done.output.splitlines()) == len(resources.SCHEMAS)
    assert run("schema", "--write", str(tmp_path / "schemas"), "--quiet").output == ""


def test_a_schema_without_a_name_is_wrong_usage_that_lists_them() -> None:
    done = run("schema")
    assert done.exit_code == 2
    assert "tenant" in done.output


# init


def test_a_new_project_generates_and_passes_everything(tmp_path: Path, tool: Callable[[str], str]) -> None:
    folder = tmp_path / "new"
    started = run("init", str(folder), "--tenant", "acme")
    assert started.exit_code == 0
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} == {
        "alertkit.yaml",
        "tenants/acme.yaml",
        "schemas/project.schema.json",
        "schemas/tenant.schema.json",
    }
    assert f"next: alertkit generate --project {folder}" in started.output
    assert tool("promtool")
    assert tool("amtool")
    done = run("generate", "--project", str(folder), "--verify")
    assert done.exit_code == 0, done.output
    for environment in ("production", "staging"):
        assert run("generate", "--project", str(folder), "--verify", "--env", environment).exit_code == 0
    assert run("generate", "--project", str(folder), "--check").exit_code == 0
    assert json.loads((folder / "generated" / "staging" / "receiver" / "acme.json").read_bytes())["simulate"] is True


@pytest.mark.parametrize("name", ["007", "true", "null", "1e5", "a" * 63])
def test_a_new_project_may_have_a_tenant_of_any_name(name: str, tmp_path: Path) -> None:
    assert run("init", str(tmp_path), "--tenant", name, "--quiet").output == ""
    assert run("validate", "--project", str(tmp_path)).output == "no problems\n"


@pytest.mark.parametrize("name", ["platform", "Acme", "a_b", ""])
def test_a_name_that_no_tenant_can_have_starts_nothing(name: str, tmp_path: Path) -> None:
    done = run("init", str(tmp_path / "new"), "--tenant", name)
    assert done.exit_code == 2
    assert not (tmp_path / "new").exists()


def test_a_new_project_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants" / "acme.yaml").write_text("mine", encoding="utf-8")
    done = run("init", str(tmp_path), "--tenant", "acme")
    assert done.exit_code == 1
    assert "is there already; nothing was written" in done.output
    assert {path.name for path in tmp_path.rglob("*")} == {"tenants", "acme.yaml"}


def test_a_new_project_is_made_here_when_no_folder_is_named(tmp_path: Path) -> None:
    done = process("init", cwd=tmp_path)
    assert done.returncode == 0
    assert "next: alertkit generate, then look into generated/" in done.stdout
    assert (tmp_path / "tenants" / "example.yaml").exists()
