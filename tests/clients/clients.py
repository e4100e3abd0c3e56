"""Asks a running server with the real clients of each dialect, and compares every number with the one the core gave.

clients.py URL KEY EXPECTED.json: EXPECTED has "record" (the fields of the model `line`) and "prediction" (its number),
"plane" (a list of rows of numbers) and "plane_predictions". KEY may be empty.
"""

import asyncio
import json
import subprocess
import sys

import numpy as np
import pandas as pd

url, key, expected = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3]))
record, number = expected["record"], expected["prediction"]
rows, numbers = expected["plane"], expected["plane_predictions"]
host = url.removeprefix("http://")
auth = {"Authorization": f"Bearer {key}"} if key else {}


def same(what, got, wanted):
    if got != wanted:
        sys.exit(f"{what}: {got!r} in place of {wanted!r}")
    print(f"ok {what}")


def triton():
    import tritonclient.http as triton_http
    from tritonclient.utils import InferenceServerException

    client = triton_http.InferenceServerClient(host)
    for name, value in (("live", client.is_server_live), ("ready", client.is_server_ready)):
        same(f"tritonclient {name}", value(), True)
    same("tritonclient model ready", client.is_model_ready("line"), True)
    same("tritonclient no model", client.is_model_ready("nobody"), False)
    metadata = client.get_model_metadata("line", headers=dict(auth))
    same("tritonclient metadata", [tensor["name"] for tensor in metadata["inputs"]], list(record))
    same("tritonclient extensions", "binary_tensor_data" in client.get_server_metadata(headers=dict(auth))["extensions"], True)

    def tensors(binary):
        made = []
        for name, value in record.items():
            kind, dtype = {float: ("FP64", np.float64), int: ("INT64", np.int64), bool: ("BOOL", bool),
                           str: ("BYTES", object)}[type(value)]
            array = np.array([[value.encode() if kind == "BYTES" else value]], dtype=dtype)
            tensor = triton_http.InferInput(name, [1, 1], kind)
            tensor.set_data_from_numpy(array, binary_data=binary)
            made.append(tensor)
        return made

    for binary in (True, False):
        for packed in (None, "gzip", "deflate"):
            answer = client.infer("line", tensors(binary), request_id="r1", headers=dict(auth),
                                  request_compression_algorithm=packed, response_compression_algorithm=packed)
            same(f"tritonclient binary={binary} {packed}", float(answer.as_numpy("prediction").ravel()[0]), number)
            same("tritonclient id", answer.get_response()["id"], "r1")
    wanted = [triton_http.InferRequestedOutput("prediction", binary_data=False)]
    answer = client.infer("line", tensors(True), outputs=wanted, headers=dict(auth))
    same("tritonclient JSON output", float(answer.as_numpy("prediction").ravel()[0]), number)
    matrix = triton_http.InferInput("input-0", [len(rows), len(rows[0])], "FP64")
    matrix.set_data_from_numpy(np.array(rows, dtype=np.float64))
    answer = client.infer("plane", [matrix], headers=dict(auth))
    same("tritonclient matrix", answer.as_numpy("prediction").ravel().tolist(), numbers)
    try:
        client.infer("nobody", tensors(True), headers=dict(auth))
        sys.exit("tritonclient: a model that is not there was answered")
    except InferenceServerException as error:
        same("tritonclient error", "nobody" in error.message(), True)
    client.close()


def kserve():
    from kserve import InferenceRESTClient, InferRequest, InferInput, RESTConfig
    from kserve.protocol.rest.v2_datamodels import MetadataTensor  # noqa: F401  the client's own models load

    async def ask():
        v2 = InferenceRESTClient(RESTConfig(protocol="v2", retries=0))
        same("kserve live", await v2.is_server_live(url), True)
        same("kserve ready", await v2.is_server_ready(url), True)
        same("kserve model ready", await v2.is_model_ready(url, "line"), True)
        inputs = []
        for name, value in record.items():
            kind = {float: "FP64", int: "INT64", bool: "BOOL", str: "BYTES"}[type(value)]
            inputs.append(InferInput(name=name, shape=[1], datatype=kind, data=[value]))
        answer = await v2.infer(url, InferRequest(model_name="line", infer_inputs=inputs), model_name="line", headers=dict(auth))
        same("kserve infer", answer.outputs[0].data[0], number)
        v1 = InferenceRESTClient(RESTConfig(protocol="v1", retries=0))
        same("kserve v1 live", await v1.is_server_live(url), True)
        if not key:
            same("kserve v1 model ready", await v1.is_model_ready(url, "line"), True)
        answer = await v1.infer(url, {"instances": [record]}, model_name="line", headers=dict(auth))
        same("kserve v1 infer", answer["predictions"], [number])

    asyncio.run(ask())


def mlflow():
    from mlflow.pyfunc.scoring_server.client import ScoringServerClient

    if key:
        return  # the client has no way to send one
    host_only, port = host.split(":")
    client = ScoringServerClient(host_only, int(port))
    client.wait_server_ready(timeout=20, scoring_server_proc=subprocess.Popen(["sleep", "20"]))
    frame = pd.DataFrame([record, record])[list(reversed(list(record)))]
    same("mlflow DataFrame", client.invoke(frame)["predictions"], [number, number])
    same("mlflow numpy", client.invoke(np.array([list(record.values())], dtype=object).tolist())["predictions"], [number])


def tensorflow():
    import requests

    session = requests.Session()
    session.headers.update(auth)
    answer = session.post(f"{url}/v1/models/line:predict", data=json.dumps({"instances": [record]}))
    same("TF Serving rows", (answer.status_code, answer.json()), (200, {"predictions": [number]}))
    columns = {name: [value] for name, value in record.items()}
    answer = session.post(f"{url}/v1/models/line/versions/1:predict", json={"inputs": columns})
    same("TF Serving columns", answer.json(), {"outputs": [number]})
    answer = session.post(f"{url}/v1/models/line:predict", data="{")
    same("TF Serving error", (answer.status_code, list(answer.json())), (400, ["error"]))
    answer = session.post(f"{url}/invocations", json={"dataframe_records": [record]})
    same("MLflow by requests", answer.json(), {"predictions": [number]})


def openai():
    import openai as sdk

    client = sdk.OpenAI(base_url=f"{url}/v1", api_key=key or "any", max_retries=0)
    model = "harbour-stories"
    same("openai models", model in [one.id for one in client.models.list()], True)
    same("openai model", client.models.retrieve(model).id, model)
    whole = client.completions.create(model=model, prompt="The keeper", max_tokens=20, seed=4)
    stream = client.completions.create(model=model, prompt="The keeper", max_tokens=20, seed=4, stream=True)
    same("openai completion", "".join(chunk.choices[0].text for chunk in stream), whole.choices[0].text)
    messages = [{"role": "user", "content": "tell me about the dock"}]
    whole = client.chat.completions.create(model=model, messages=messages, max_completion_tokens=20, seed=4)
    stream = client.chat.completions.create(model=model, messages=messages, max_completion_tokens=20, seed=4, stream=True,
                                            stream_options={"include_usage": True})
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    same("openai chat", text, whole.choices[0].message.content)
    same("openai usage", chunks[-1].usage.total_tokens, whole.usage.total_tokens)
    same("openai request id", bool(whole._request_id), True)
    for error, wrong in ((sdk.NotFoundError, dict(model="nobody", prompt="x")),
                         (sdk.BadRequestError, dict(model=model, prompt="x", temperature=9))):
        try:
            client.completions.create(**wrong)
            sys.exit(f"openai: {wrong} was answered")
        except error as raised:
            same(f"openai {error.__name__}", bool(raised.message), True)
    if key:
        try:
            sdk.OpenAI(base_url=f"{url}/v1", api_key="sk_wrong_wrong_wrong", max_retries=0).models.list()
            sys.exit("openai: a wrong key was let in")
        except sdk.AuthenticationError as raised:
            same("openai wrong key", raised.code, "invalid_api_key")


def curl():
    def run(*arguments):
        headers = [part for name, value in auth.items() for part in ("-H", f"{name}: {value}")]
        done = subprocess.run(["curl", "-sS", "--max-time", "20", *headers, *arguments], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"curl: {done.stderr}")
        return done.stdout

    body = json.dumps(record)
    same("curl", json.loads(run(f"{url}/predict", "-H", "Content-Type: application/json", "-d", body))["prediction"], number)
    # without a content type, as people type it
    same("curl -d V2", "error" in json.loads(run(f"{url}/v2/models/line/infer", "-d", "{}")), True)
    same("curl -I", run("-I", f"{url}/v2").startswith("HTTP/1.1 200"), True)


for part in (triton, kserve, mlflow, tensorflow, openai, curl):
    part()
print("all clients are served")
