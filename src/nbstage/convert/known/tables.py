"""What is known of the libraries people use in notebooks, as text to read and to add to.

A row is `name... -> result flags`, indented lines go on with it. Names end in `*` where a family is meant; the longest name
that fits wins.
Result is the type of what comes back (`self` for the object itself, `?` when it isn't known; `pandas`, `numpy`, `data` something of
that library, or of either; `pairs` an iterator of tuples; `splits` two of each argument).
Flags: `fresh` the result shares nothing with what went in; `changes=self|first|args|self+args` what a call changes
(`others`: all arguments but the first);
`reads=N`, `writes=N` argument N is a path it reads or writes; `draws=random|numpy` it draws from a global random state
(unless it is given `random_state`), `draws=seaborn` from none, so that each run differs; `seeds=random|numpy` it sets
that state; `sets=LIBRARY` it changes a setting of the library; `nested` it holds more that can be changed;
`lasting` the result can't be stored (an open file, a connection); `varies` it differs from run to run;
`resumes` an iterator that can be stored, over lists and the like; `looks` it looks for files, `moves` it changes the
working directory; `acts` it does something outside of the notebook (runs a program, moves a file).
"""

FUNCTIONS = """
pandas.* -> pandas
pandas.DataFrame -> pandas.DataFrame
pandas.Series -> pandas.Series
pandas.read_csv pandas.read_table pandas.read_fwf pandas.read_parquet pandas.read_feather
    pandas.read_json -> pandas.DataFrame fresh reads=0
pandas.read_excel pandas.read_pickle pandas.read_stata pandas.read_sas pandas.read_orc
    pandas.read_hdf pandas.read_xml -> pandas fresh reads=0
pandas.read_html pandas.read_sql pandas.read_sql_query pandas.read_sql_table -> pandas fresh
pandas.concat pandas.merge pandas.get_dummies pandas.crosstab pandas.pivot_table pandas.pivot
    pandas.melt -> pandas.DataFrame fresh
pandas.cut pandas.qcut pandas.to_datetime pandas.to_numeric pandas.to_timedelta -> pandas fresh
pandas.date_range pandas.Index pandas.MultiIndex* pandas.Categorical pandas.Timestamp
    pandas.Timedelta -> pandas fresh
pandas.isna pandas.isnull pandas.notna pandas.notnull -> pandas fresh
pandas.set_option pandas.reset_option pandas.options* -> NoneType sets=pandas
pandas.describe_option pandas.get_option -> scalar fresh
pandas.option_context -> ?
pandas.api.extensions.register_* -> ? sets=pandas
numpy.* -> numpy
numpy.array numpy.zeros numpy.ones numpy.full numpy.empty numpy.eye numpy.identity numpy.arange
    numpy.linspace -> numpy.ndarray fresh
numpy.logspace numpy.geomspace numpy.concatenate numpy.stack numpy.vstack numpy.hstack
    numpy.column_stack -> numpy.ndarray fresh
numpy.zeros_like numpy.ones_like numpy.full_like numpy.empty_like numpy.tile numpy.repeat
    numpy.unique numpy.sort -> numpy fresh
numpy.exp numpy.log numpy.log1p numpy.log2 numpy.log10 numpy.sqrt numpy.abs numpy.absolute
    numpy.sin numpy.cos numpy.tan -> numpy fresh
numpy.where numpy.clip numpy.round numpy.floor numpy.ceil numpy.maximum numpy.minimum numpy.cumsum
    numpy.diff -> numpy fresh
numpy.sum numpy.mean numpy.median numpy.std numpy.var numpy.min numpy.max numpy.quantile
    numpy.percentile -> numpy fresh
numpy.argmax numpy.argmin numpy.argsort numpy.dot numpy.matmul numpy.cov numpy.corrcoef
    numpy.bincount numpy.digitize -> numpy fresh
numpy.isnan numpy.isfinite numpy.isinf numpy.any numpy.all numpy.allclose numpy.histogram
    numpy.interp numpy.polyfit -> numpy fresh
numpy.linalg.* -> numpy fresh
numpy.load numpy.loadtxt numpy.genfromtxt -> numpy fresh reads=0
numpy.memmap numpy.lib.format.open_memmap -> memory-map fresh
numpy.save numpy.savetxt numpy.savez numpy.savez_compressed -> NoneType writes=0
numpy.*.at -> NoneType changes=first
numpy.shuffle numpy.put numpy.place numpy.copyto numpy.putmask numpy.fill_diagonal
    numpy.put_along_axis -> NoneType changes=args
numpy.set_printoptions numpy.seterr numpy.seterrcall -> numpy sets=numpy
numpy.random.* -> numpy fresh draws=numpy
numpy.random.shuffle -> NoneType changes=args draws=numpy
numpy.random.seed numpy.random.set_state -> NoneType seeds=numpy
numpy.random.default_rng numpy.random.Generator numpy.random.RandomState numpy.random.PCG64
    numpy.random.SeedSequence -> numpy.random.Generator
scipy.* -> ?
scipy.linalg.blas.* scipy.linalg.lapack.* -> ? changes=args
scipy.signal.[a-z]* scipy.fft.[a-z]* scipy.fftpack.[a-z]* scipy.linalg.[a-z]* scipy.special.[a-z]*
    scipy.integrate.[a-z]* scipy.optimize.[a-z]* scipy.spatial.distance.[a-z]* -> data fresh
scipy.signal.lti scipy.signal.dlti scipy.signal.normalize scipy.signal.abcd_normalize
    scipy.integrate.ode scipy.integrate.complex_ode scipy.integrate.solve_bvp -> ?
scipy.optimize.basinhopping scipy.optimize.differential_evolution scipy.optimize.dual_annealing
    scipy.optimize.quadratic_assignment -> data fresh draws=numpy
scipy.ndimage.[a-z]* -> data fresh changes=others
scipy.sparse.save_npz -> NoneType writes=0
scipy.sparse.load_npz -> ? fresh reads=0
scipy.stats.* -> ? draws=numpy
sklearn.* -> data
sklearn.datasets.* -> data fresh
sklearn.datasets.make_* -> data fresh draws=numpy
sklearn.metrics.* -> data fresh
sklearn.model_selection.train_test_split -> splits fresh draws=numpy
sklearn.model_selection.cross_val_score sklearn.model_selection.cross_validate
    sklearn.model_selection.cross_val_predict -> data fresh draws=numpy
sklearn.model_selection.learning_curve sklearn.model_selection.validation_curve
    sklearn.inspection.* -> ? fresh draws=numpy
sklearn.utils.shuffle sklearn.utils.resample -> data fresh draws=numpy
sklearn.base.clone -> same fresh
sklearn.pipeline.make_pipeline -> sklearn.pipeline.Pipeline
sklearn.pipeline.make_union -> sklearn.pipeline.FeatureUnion
sklearn.compose.make_column_transformer -> sklearn.compose.ColumnTransformer
sklearn.compose.make_column_selector -> scalar
sklearn.set_config -> NoneType sets=sklearn
sklearn.config_context -> ?
matplotlib.* -> ?
matplotlib.use matplotlib.rc matplotlib.rcdefaults matplotlib.style.use matplotlib.rcParams* ->
    NoneType sets=matplotlib
matplotlib.pyplot.* -> ?
matplotlib.pyplot.rc matplotlib.pyplot.style.use matplotlib.pyplot.rcParams*
    matplotlib.pyplot.rcdefaults -> NoneType sets=matplotlib
matplotlib.pyplot.xkcd matplotlib.pyplot.switch_backend matplotlib.pyplot.ion
    matplotlib.pyplot.ioff -> NoneType sets=matplotlib
matplotlib.pyplot.savefig matplotlib.pyplot.imsave matplotlib.image.imsave -> NoneType writes=0
matplotlib.pyplot.imread matplotlib.image.imread -> numpy.ndarray fresh reads=0
matplotlib.pyplot.figure -> matplotlib.figure.Figure fresh
matplotlib.pyplot.gca matplotlib.pyplot.subplot -> matplotlib.axes.Axes fresh
matplotlib.pyplot.subplots -> matplotlib fresh
seaborn.* -> matplotlib fresh
seaborn.stripplot seaborn.catplot -> matplotlib fresh draws=numpy
seaborn.barplot seaborn.pointplot seaborn.regplot seaborn.lmplot -> matplotlib fresh draws=seaborn
seaborn.load_dataset -> pandas.DataFrame fresh
seaborn.objects.* -> seaborn.objects fresh
seaborn.set_theme seaborn.set seaborn.set_style seaborn.set_context seaborn.set_palette ->
    NoneType sets=matplotlib
plotly.* -> plotly fresh
plotly.io.templates* plotly.io.renderers* -> NoneType sets=plotly
statsmodels.* -> ?
xgboost.* lightgbm.* catboost.* imblearn.* -> ?
xgboost.set_config -> NoneType sets=xgboost
tqdm.* -> iterator
tqdm.*.pandas -> NoneType sets=pandas
altair.data_transformers* altair.renderers* altair.themes* -> NoneType sets=altair
jax.config.update -> NoneType sets=jax
IPython.display.* -> NoneType fresh
nbstage.runtime.* -> NoneType acts
nbstage.runtime.capture_shell -> list fresh acts
random.* -> ? draws=random
random.shuffle -> NoneType changes=args draws=random
random.seed random.setstate -> NoneType seeds=random
random.Random -> random.Random fresh
math.* cmath.* -> scalar fresh
statistics.* operator.* -> ? fresh
math.floor math.ceil math.factorial math.comb -> int fresh
math.sqrt math.exp math.log math.log2 math.log10 math.sin math.cos math.hypot -> float fresh
json.loads -> ? fresh
json.dumps -> str fresh
json.load -> ? fresh changes=first
json.dump -> NoneType changes=second
pickle.dumps -> bytes fresh
pickle.loads -> ? fresh
pickle.load -> ? fresh changes=first
pickle.dump -> NoneType changes=second
joblib.dump -> list fresh writes=1
joblib.load -> ? fresh reads=0
joblib.* -> ?
yaml.safe_load tomllib.load -> ? fresh changes=first
copy.copy -> same
operator.iadd operator.iand operator.iconcat operator.ifloordiv operator.imul operator.ior
    operator.isub operator.itruediv operator.ixor operator.setitem operator.delitem -> ? changes=first
copy.deepcopy -> same fresh
re.* -> ? fresh
re.match re.search re.fullmatch -> match fresh
re.finditer -> iterator fresh
contextvars.* queue.* concurrent.* weakref.* threading.* asyncio.Queue asyncio.Lock asyncio.Event
    -> lock fresh
datetime.* calendar.* decimal.* fractions.* hashlib.* base64.* string.* textwrap.* -> scalar fresh
datetime.datetime.now datetime.datetime.today datetime.datetime.utcnow datetime.date.today time.*
    uuid.* -> scalar fresh varies
os.getpid tempfile.* -> ? varies
collections.Counter collections.OrderedDict -> dict
collections.defaultdict -> collections.defaultdict
collections.deque -> list
collections.namedtuple -> type fresh
itertools.* -> iterator
itertools.count itertools.cycle itertools.repeat itertools.chain itertools.islice -> iterator resumes
itertools.product itertools.combinations itertools.permutations itertools.zip_longest
    -> pairs resumes
itertools.groupby itertools.pairwise -> pairs
functools.partial -> ?
functools.reduce functools.* -> ?
typing.NamedTuple typing.NewType typing.TypedDict typing.TypeVar dataclasses.make_dataclass ->
    type fresh
enum.Enum enum.IntEnum enum.StrEnum enum.Flag enum.IntFlag -> type fresh
contextlib.* abc.* typing.* dataclasses.* enum.* types.* -> ?
dataclasses.field -> scalar fresh
pathlib.Path pathlib.PurePath -> Path fresh
os.path.exists os.path.isfile os.path.isdir -> bool fresh looks
os.path.* -> scalar fresh
os.path.join os.path.basename os.path.dirname os.path.abspath os.path.normpath os.path.realpath os.fspath
    -> str fresh
os.getenv os.getcwd os.cpu_count -> scalar fresh
os.environ.get -> scalar fresh
os.environ* os.putenv os.umask -> NoneType sets=*
os.chdir -> NoneType sets=* moves
nbstage.runtime.change_dir -> NoneType sets=* moves
nbstage.runtime.set_env -> NoneType sets=*
os.makedirs os.mkdir -> NoneType sets=files
os.listdir glob.glob -> list fresh looks
os.walk os.scandir glob.iglob -> iterator fresh looks
os.remove os.rename os.replace os.unlink os.rmdir os.system shutil.* -> ? fresh acts
sys.path* -> NoneType sets=*
sys.setrecursionlimit locale.setlocale -> ? sets=*
sys.getsizeof sys.exc_info -> scalar fresh
warnings.warn -> NoneType
warnings.filterwarnings warnings.simplefilter warnings.resetwarnings -> NoneType sets=*
warnings.catch_warnings -> ?
logging.basicConfig logging.disable logging.captureWarnings -> NoneType sets=*
logging.* -> ?
logging.getLogger -> logging.Logger owned=*
logging.StreamHandler logging.NullHandler -> logging.Handler owned=*
logging.Formatter logging.Filter -> scalar fresh
decimal.getcontext -> context owned=*
subprocess.* -> ? fresh acts
pprint.* gc.* platform.* getpass.* inspect.* traceback.* -> ? fresh
csv.reader csv.DictReader -> iterator lasting
csv.writer csv.DictWriter -> ? lasting
io.StringIO io.BytesIO -> ?
sqlite3.connect sqlalchemy.create_engine psycopg2.connect -> connection lasting
threading.Lock threading.RLock multiprocessing.Lock multiprocessing.Pool socket.socket -> lock
    lasting
torch.cuda.is_available torch.cuda.device_count torch.device -> scalar fresh
torch.manual_seed torch.cuda.manual_seed* -> ? seeds=torch
torch.set_default_dtype torch.set_num_threads torch.backends* torch.use_deterministic_algorithms
    -> NoneType sets=torch
tensorflow.random.set_seed -> NoneType sets=tensorflow
optuna.logging.* transformers.logging.* -> NoneType sets=*
builtins.id -> address fresh
builtins.len builtins.hash builtins.ord builtins.int -> int fresh
builtins.float -> float fresh
builtins.str builtins.repr builtins.chr builtins.format builtins.ascii builtins.bin builtins.hex
    builtins.oct -> str fresh
builtins.bool builtins.isinstance builtins.issubclass builtins.callable builtins.hasattr
    builtins.any builtins.all -> bool fresh
builtins.bytes -> bytes fresh
builtins.range builtins.slice -> range fresh
builtins.complex -> complex fresh
builtins.abs builtins.round builtins.pow builtins.divmod builtins.sum -> ?
builtins.min builtins.max -> ?
builtins.sorted builtins.list -> list
builtins.tuple -> ?
builtins.dict -> dict
builtins.set builtins.frozenset -> set
builtins.bytearray -> list fresh
builtins.zip builtins.enumerate -> pairs resumes
builtins.map builtins.filter builtins.reversed builtins.iter -> iterator resumes
builtins.next -> ? changes=first
builtins.print builtins.display builtins.help -> NoneType fresh
builtins.dir -> list fresh
builtins.type -> type fresh
builtins.object -> object fresh
builtins.getattr builtins.super -> ?
builtins.memoryview -> lock
builtins.setattr builtins.delattr -> NoneType changes=first
builtins.open -> file lasting opens
builtins.property builtins.staticmethod builtins.classmethod -> ?
builtins.*Error builtins.*Exception builtins.*Warning builtins.Exception builtins.StopIteration
    builtins.KeyboardInterrupt -> ?
"""

#: Which argument, counted from 0, is the array that the result is written into, if there is one:
#: `np.add(a, b, a)`.
OUT = """
1: numpy.exp numpy.exp2 numpy.expm1 numpy.log numpy.log1p numpy.log2 numpy.log10 numpy.sqrt
    numpy.cbrt numpy.square numpy.abs numpy.absolute numpy.fabs numpy.negative numpy.positive
    numpy.sign numpy.floor numpy.ceil numpy.rint numpy.trunc numpy.reciprocal numpy.conj
    numpy.conjugate numpy.sin numpy.cos numpy.tan numpy.arcsin numpy.arccos numpy.arctan numpy.sinh
    numpy.cosh numpy.tanh numpy.deg2rad numpy.rad2deg numpy.degrees numpy.radians numpy.isnan
    numpy.isfinite numpy.isinf numpy.logical_not numpy.invert numpy.bitwise_not
2: numpy.add numpy.subtract numpy.multiply numpy.divide numpy.true_divide numpy.floor_divide
    numpy.power numpy.float_power numpy.mod numpy.remainder numpy.fmod numpy.maximum numpy.minimum
    numpy.fmax numpy.fmin numpy.arctan2 numpy.hypot numpy.logaddexp numpy.copysign
    numpy.bitwise_and numpy.bitwise_or numpy.bitwise_xor numpy.logical_and numpy.logical_or
    numpy.logical_xor numpy.left_shift numpy.right_shift numpy.greater numpy.greater_equal
    numpy.less numpy.less_equal numpy.equal numpy.not_equal numpy.matmul numpy.dot numpy.outer
    numpy.around numpy.round numpy.heaviside numpy.gcd numpy.lcm numpy.max numpy.min numpy.amax
    numpy.amin numpy.any numpy.all numpy.argmax numpy.argmin
3: numpy.clip numpy.sum numpy.prod numpy.mean numpy.std numpy.var numpy.cumsum numpy.cumprod
    numpy.take
"""

#: Methods that change their object, by its type; all other methods of these types are known not to
#: change anything.
CHANGES = """
list: append extend insert pop remove clear sort reverse __setitem__ __delitem__ appendleft
    popleft extendleft rotate
dict: pop popitem clear update setdefault __setitem__ move_to_end subtract
set: add discard remove pop clear update difference_update intersection_update
    symmetric_difference_update
tuple:
collections.defaultdict: *
pandas.DataFrame: insert pop update
pandas.Series: pop update
pandas: pop update insert
data: insert pop update sort fill put partition resize itemset fit partial_fit fit_transform
    fit_predict set_params
pandas.GroupBy:
pandas.Window:
numpy.ndarray: sort fill put partition resize itemset setfield setflags
numpy.random.Generator: *
random.Random: *
iterator: *
file: *
connection: *
lock: *
estimator: fit partial_fit fit_transform fit_predict set_params set_output fit_resample
    set_fit_request set_score_request load_model
matplotlib.figure.Figure: *
matplotlib.axes.Axes: *
matplotlib: *
plotly: *
logging.Logger: setLevel addHandler removeHandler addFilter removeFilter
logging.Handler: setLevel setFormatter addFilter removeFilter setStream
address:
context: *
type:
object:
"""

#: Results of methods: `type.method... -> result flags`. What isn't listed gives something that may
#: share with its object.
METHODS = """
pandas.DataFrame: * -> pandas
pandas.Series: * -> pandas
pandas: * -> pandas
pandas: items iterrows itertuples -> pairs
pandas: to_csv to_parquet to_feather to_pickle to_json to_excel to_html to_latex to_markdown to_hdf
    to_stata -> scalar fresh writes=0
pandas: plot hist boxplot -> matplotlib fresh
pandas: sample -> pandas fresh draws=numpy
numpy.ndarray: * -> numpy
data: * -> data
pandas: tolist to_list -> list fresh nested
data: tolist to_list -> list fresh nested
pandas: to_dict -> dict fresh nested
data: to_dict -> dict fresh nested
data: to_csv to_parquet to_feather to_pickle to_json to_excel to_html to_latex to_markdown to_hdf
    to_stata -> scalar fresh writes=0
data: tofile dump -> NoneType writes=0
data: plot hist boxplot -> matplotlib fresh
data: sample -> pandas fresh draws=numpy
pandas.DataFrame: head tail drop dropna fillna copy merge join assign rename reset_index set_index
    sort_values sort_index query sample astype replace describe corr select_dtypes reindex
    drop_duplicates explode melt pivot pivot_table round clip nlargest nsmallest isna isnull notna
    add sub mul div diff shift rank interpolate ffill bfill -> pandas.DataFrame fresh
pandas.DataFrame: mean sum std var min max median nunique count quantile any all duplicated
    value_counts idxmax idxmin memory_usage -> pandas.Series fresh
pandas.DataFrame: apply agg aggregate map transform stack unstack eval -> pandas fresh
pandas.DataFrame: groupby resample -> pandas.GroupBy
pandas.DataFrame: rolling expanding -> pandas.Window
pandas.DataFrame: to_numpy -> numpy.ndarray
pandas.DataFrame: to_csv to_parquet to_feather to_pickle to_json to_excel to_html to_latex
    to_markdown to_hdf to_stata -> scalar fresh writes=0
pandas.DataFrame: to_dict -> dict fresh nested
pandas.DataFrame: to_string info -> scalar fresh
pandas.DataFrame: items -> pairs
pandas.DataFrame: iterrows itertuples -> pairs
pandas.DataFrame: plot hist boxplot -> matplotlib fresh
pandas.DataFrame: sample -> pandas.DataFrame fresh draws=numpy
pandas.Series: head tail drop dropna fillna copy rename sort_values sort_index sample astype
    replace round clip nlargest nsmallest isna isnull notna map apply where mask between isin diff
    shift rank abs cumsum add sub mul div str.* dt.* value_counts drop_duplicates to_frame
    pct_change interpolate ffill bfill duplicated reindex -> pandas.Series fresh
pandas.Series: mean sum std var min max median nunique count quantile any all skew kurt idxmax
    idxmin item corr -> scalar fresh
pandas.Series: to_frame reset_index describe -> pandas fresh
pandas.Series: unique -> pandas fresh
pandas.Series: tolist to_list -> list fresh
pandas.Series: to_dict -> dict fresh nested
pandas.Series: to_numpy -> numpy.ndarray
pandas.Series: groupby resample -> pandas.GroupBy
pandas.Series: rolling expanding -> pandas.Window
pandas.Series: to_csv to_json to_pickle to_excel -> scalar fresh writes=0
pandas.Series: plot hist -> matplotlib fresh
pandas.Series: sample -> pandas.Series fresh draws=numpy
pandas.GroupBy: * -> pandas fresh
pandas.GroupBy: plot hist boxplot -> matplotlib fresh
pandas.GroupBy: sample -> pandas fresh draws=numpy
pandas.Window: * -> pandas fresh
numpy.ndarray: copy astype mean sum std var min max cumsum round argsort argmax argmin dot clip
    any all prod nonzero repeat searchsorted conj flatten -> numpy fresh
numpy.ndarray: tolist -> list fresh nested
numpy.ndarray: item -> scalar fresh
numpy.ndarray: ravel reshape transpose squeeze view swapaxes -> numpy.ndarray
numpy.ndarray: tofile dump -> NoneType writes=0
numpy.random.Generator: * -> numpy fresh
numpy.random.Generator: random integers normal uniform standard_normal permutation choice -> numpy
    fresh
numpy.random.Generator: shuffle -> NoneType changes=self+args
random.Random: * -> ? fresh
random.Random: shuffle -> NoneType changes=self+args
estimator: fit set_params set_output partial_fit -> self
estimator: fit_transform transform inverse_transform predict predict_proba predict_log_proba
    decision_function score fit_predict score_samples kneighbors staged_predict
    get_feature_names_out -> data fresh
estimator: sample -> data fresh draws=numpy
estimator: score -> float fresh
estimator: get_params -> dict
estimator: save_model -> NoneType writes=0
list: copy -> list
list: index count -> int fresh
dict: keys values -> iterator
dict: items -> pairs
dict: get most_common elements -> ?
dict: copy -> dict
set: copy union intersection difference symmetric_difference -> set
set: issubset issuperset isdisjoint -> bool fresh
str: split rsplit splitlines partition rpartition -> list fresh
str: encode -> bytes fresh
str: find index count rfind -> int fresh
str: startswith endswith isdigit isalpha isupper islower isnumeric isidentifier -> bool fresh
str: * -> str fresh
Path: exists is_file is_dir -> bool fresh looks
Path: read_text -> str fresh reads=self
Path: read_bytes -> bytes fresh reads=self
Path: write_text write_bytes -> int fresh writes=self
Path: mkdir -> NoneType sets=files
Path: open -> file lasting opens=self
Path: glob rglob iterdir -> iterator fresh looks
Path: resolve absolute with_suffix with_name joinpath relative_to expanduser -> Path fresh
Path: * -> scalar fresh
connection: * -> connection
lock: * -> lock
file: read readline -> str fresh
file: readlines -> list fresh
matplotlib.figure.Figure: savefig -> NoneType writes=0
plotly: write_html write_image write_json -> NoneType writes=0
plotly: show -> NoneType
matplotlib: savefig -> NoneType writes=0
"""

#: scikit-learn's classes that never draw from a random state, whatever their arguments.
STEADY = frozenset(
    """LinearRegression Ridge Lasso ElasticNet StandardScaler MinMaxScaler MaxAbsScaler
    RobustScaler Normalizer Binarizer
    OneHotEncoder OrdinalEncoder LabelEncoder LabelBinarizer MultiLabelBinarizer SimpleImputer
    KNNImputer MissingIndicator
    PolynomialFeatures FunctionTransformer ColumnTransformer Pipeline FeatureUnion GaussianNB
    MultinomialNB BernoulliNB
    KNeighborsClassifier KNeighborsRegressor NearestNeighbors CountVectorizer TfidfVectorizer
    TfidfTransformer
    LinearDiscriminantAnalysis IsotonicRegression VarianceThreshold SelectKBest PowerTransformer
    KBinsDiscretizer
    DummyRegressor NearestCentroid TimeSeriesSplit GroupKFold LeaveOneOut PredefinedSplit
    BaseEstimator
    TransformerMixin ClassifierMixin RegressorMixin""".split()
)

#: Estimators that keep the table they were fitted on.
#: Models of scikit-learn that no skops file gives back without trusting who wrote it.
NOT_IN_SKOPS = frozenset(
    """Birch BisectingKMeans GradientBoostingClassifier GradientBoostingRegressor
    HistGradientBoostingClassifier HistGradientBoostingRegressor IsolationForest SplineTransformer
    TunedThresholdClassifierCV""".split()
)
LAZY = (
    "Neighbors",
    "GaussianProcess",
    "KernelRidge",
    "KernelDensity",
    "LocalOutlierFactor",
    "LabelPropagation",
    "LabelSpreading",
)
