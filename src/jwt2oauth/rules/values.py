"""The calls that values go through on their way into a flow, and those by which tests stand in for it."""

from __future__ import annotations

from ..records import dataclass
from .calls import NOWHERE, Argument


@dataclass(frozen=True, slots=True)
class Relay:
    """Calls that call one of their arguments, with those behind it, and give what it gives."""

    names: tuple[str, ...]
    function: int
    """The place of the argument that is called."""


@dataclass(frozen=True, slots=True)
class Duration:
    """Calls that take a length of time, by arguments each of which has its unit."""

    names: tuple[str, ...]
    seconds: Argument
    milliseconds: Argument = NOWHERE
    microseconds: Argument = NOWHERE


@dataclass(frozen=True, slots=True)
class FrameworkSettings:
    """Settings that a framework's parts ask for, whether the program does or not."""

    beside: str
    """A setting of the framework that stands in the same module."""
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WholeMilliseconds:
    """What takes milliseconds and nothing but an ``int``, of whatever object."""

    keywords: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transparent:
    """Calls whose value is, for our purposes, the value of one argument."""

    names: tuple[str, ...]
    argument: Argument
    method: str = ""
    """The method by which an object of the project answers in place of itself."""


@dataclass(frozen=True, slots=True)
class PathReader:
    """Calls that read nested mappings by a path of keys with dots between."""

    names: tuple[str, ...]
    mapping: Argument
    path: Argument
    default: Argument


@dataclass(frozen=True, slots=True)
class Reader:
    """Calls that read an environment variable."""

    names: tuple[str, ...]
    name: Argument
    default: Argument
    required: bool = False
    """Without a default, a variable that is not set is an error."""
    prefix: str = ""
    """The method whose ``with`` statement puts a prefix before the names."""
    made_with: Argument = NOWHERE
    """The prefix, where what is called was made with one."""


@dataclass(frozen=True, slots=True)
class SecretStore:
    """Calls that fetch a secret from where it is kept, by its name."""

    names: tuple[str, ...]
    name: Argument = NOWHERE
    made: Argument = NOWHERE
    """The name, where the call before has it: ``s3.Object(bucket, name).get()``."""
    default: Argument = NOWHERE
    """What is given where there is no such secret; elsewhere a name must not be asked for on trial."""
    envelope: tuple[str, ...] = ()
    """Keys of the answer that are none of the secret's own."""


@dataclass(frozen=True, slots=True)
class Declares:
    """Calls that declare a field of a class."""

    names: tuple[str, ...]
    default: Argument
    factory: Argument
    """A function that makes the default."""


@dataclass(frozen=True, slots=True)
class EnvironmentFiles:
    """Files that a package loads into the environment."""

    package: str
    files: tuple[str, ...]
    """Those that are meant where none is named."""
    calls: tuple[str, ...] = ()
    """The names of the functions and methods that do it; empty: to import the package is enough."""


@dataclass(frozen=True, slots=True)
class Layers:
    """Calls that make settings of several files, whose keys are attributes as well, in whatever case."""

    names: tuple[str, ...]
    files: tuple[Argument, ...]
    """What names a file, or a list of them; the later ones lie above."""
    staged: Argument | None = None
    """What says that each file has one table for each stage."""
    prefix: Argument | None = None
    """What stands before the names of variables that lie above all files."""
    default_prefix: str = ""


@dataclass(frozen=True, slots=True)
class BaseClass:
    """What a library's class calls of its subclasses, besides methods with two underscores."""

    names: tuple[str, ...]
    calls: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Builder:
    """Functions that make an object of a class of the project from a mapping, or from its JSON."""

    names: tuple[str, ...]
    kind: Argument
    """The class."""
    mapping: Argument
    by_object: bool = False
    """Is the class an argument of the call that made the object whose method this is?"""


@dataclass(frozen=True, slots=True)
class FormEncoder:
    """Calls that turn fields, the value of one argument, into a body."""

    names: tuple[str, ...]
    argument: Argument
    multipart: bool = False
    """Is the body multipart, whatever the fields are?"""


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls by dotted name, and by method name on whatever object."""

    names: tuple[str, ...]
    methods: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Converters:
    """What tells a library which function makes the value of a field of what the field is given."""

    arguments: tuple[str, ...]
    """Keywords of what declares the field."""
    decorators: tuple[str, ...]
    """What stands above a method, and is given the names of fields."""
    models: tuple[str, ...]
    """What stands above a method that gets the whole object, and gives it back."""
    annotations: tuple[str, ...]
    """What stands in ``Annotated[…]``, and is given the function."""


@dataclass(frozen=True, slots=True)
class OwnFiles:
    """What makes, writes and clears away the files that a program makes for itself."""

    makers: tuple[str, ...]
    """Calls that make one and give its path, or what has one."""
    functions: tuple[str, ...]
    """Functions that are given such a path, or what is open there."""
    openers: tuple[str, ...]
    """Those of them that give something to write into."""
    methods: tuple[str, ...]
    """Methods of the path."""


@dataclass(frozen=True, slots=True)
class Values:
    """What is known of ordinary calls."""

    transparent: tuple[Transparent, ...]
    relays: tuple[Relay, ...]
    appliers: tuple[str, ...]
    """Calls that give what a function gives for each element."""
    durations: tuple[Duration, ...]
    whole_milliseconds: WholeMilliseconds
    makers: tuple[str, ...]
    """Methods of a class that make an object of it from one mapping, or from its JSON, given first."""
    builders: tuple[Builder, ...]
    fillers: tuple[Transparent, ...]
    """Calls that fill in what a configuration file leaves open, and leave the rest of its text as it is."""
    transparent_methods: tuple[str, ...]
    """Methods that pass their object through."""
    pure_libraries: tuple[str, ...]
    """Libraries of which everything only gives a value."""
    steps: tuple[str, ...]
    """Decorators that run a function as a step of a flow in which the program calls it, and nobody else."""
    splitters: tuple[str, ...]
    """Readers of configuration that make a list of a value with commas, unless it stands in quotes."""
    copiers: Calls
    """What copies an object, with other values for the fields that are named: functions, and methods."""
    openers: tuple[str, ...]
    """Functions that open the file that they are given first, to read it if no mode says otherwise."""
    printing: tuple[str, ...]
    """Those of ``logging`` that write to standard output."""
    options: tuple[str, ...]
    prompts: tuple[str, ...]
    """What the one who runs or calls the program chooses."""
    paths: tuple[PathReader, ...]
    form_encoders: tuple[FormEncoder, ...]
    bases: tuple[BaseClass, ...]
    readers: tuple[Reader, ...]
    secret_stores: tuple[SecretStore, ...]
    environment_files: tuple[EnvironmentFiles, ...]
    layers: tuple[Layers, ...]
    own_files: OwnFiles
    converters: Converters
    unfolding: Calls
    """What makes a mapping of an object's declared fields: functions of it, and methods."""
    pouring: Calls
    """What gives them all in another form."""
    models: tuple[str, ...]
    """Base classes of what is made of a mapping and passes over what it has no field for."""
    declares: tuple[Declares, ...]
    enumerations: tuple[str, ...]
    """Base classes whose members are values by names."""
    settings_classes: tuple[str, ...]
    """Base classes whose fields are read from the environment."""
    settings: tuple[str, ...]
    """Objects that hand out, by attribute or by key, what settings modules define in upper case."""
    settings_loaders: tuple[str, ...]
    """Words beside which a program names a settings module or class that is not called after settings."""
    variables_of_others: tuple[str, ...]
    """Patterns of variables of the environment that systems and libraries read themselves."""
    framework_settings: tuple[FrameworkSettings, ...]
    dividing: tuple[str, ...]
    """Functions that divide what they are given first, or multiply it, by what they are given second."""
    asking: tuple[str, ...]
    """Functions that ask how large what they are given is."""
    quoting: tuple[str, ...]
    """Functions that make a text fit for a URL."""
    complaints: tuple[str, ...]
    """How the names of classes end whose objects say what is wrong."""
    harmless: Calls
    """Nobody can miss their evaluation; the arguments are judged for themselves. The calls of the encoders,
    the signers, the key loaders, the readers of the environment, of secret stores and of paths, and the
    stand-ins of tests are among them."""
    logging: Calls


@dataclass(frozen=True, slots=True)
class TestFiles:
    """Which modules of a project are its tests."""

    folders: tuple[str, ...]
    """Every module below a folder called so."""
    files: tuple[str, ...]
    """Patterns of names; such a module must import a framework or have a function called ``test…``."""
    frameworks: tuple[str, ...]
    fixture_decorators: tuple[str, ...]
    hooks: tuple[str, ...]
    """Functions that a framework calls by their names."""
    stand_ins: tuple[str, ...]
    """Calls that make an object which only stands for another: harmless."""


@dataclass(frozen=True, slots=True)
class MockFixture:
    """A pytest fixture of a plugin."""

    names: tuple[str, ...]
    """The names of the parameter by which a test asks for it."""
    gives: str
    """The dotted name of what the test gets."""


@dataclass(frozen=True, slots=True)
class MockCall:
    """Methods that put a reply at an address."""

    methods: tuple[str, ...]
    url: Argument


@dataclass(frozen=True, slots=True)
class MockLibrary:
    """A library that answers requests in tests."""

    name: str
    objects: tuple[str, ...]
    """On what the methods are called, by dotted name."""
    calls: tuple[MockCall, ...]
    status: tuple[str, ...] = ()
    """Keywords that give the reply's status."""


@dataclass(frozen=True, slots=True)
class Patcher:
    """A call that puts something in the place of a function, for as long as a test runs.

    What is replaced is named by a text (``target``, a dotted name) or is the attribute of an ``owner``. Where
    both can be, the first argument's value decides.
    """

    names: tuple[str, ...]
    target: Argument = NOWHERE
    owner: Argument = NOWHERE
    attribute: Argument = NOWHERE
    new: Argument = NOWHERE
    """What is put there; without it, a decorator hands its own stand-in to the function."""
    several: bool = False
    """Each keyword of the call names an attribute, and gives what is put there."""


@dataclass(frozen=True, slots=True)
class Mocks:
    """How a project's tests stand in for the exchange."""

    tests: TestFiles
    fixtures: tuple[MockFixture, ...]
    libraries: tuple[MockLibrary, ...]
    patchers: tuple[Patcher, ...]
