"""Models for TensorFlow Lite: a tiny one written by hand, converted ones, and their signatures."""

import flatbuffers
from flatbuffers import flexbuffers
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow.lite.python import schema_py_generated as schema

ENTRY = b"signature_defs_metadata"


def doubling(
    inputs=("x:0",), output="y:0", dtype=schema.TensorType.FLOAT32, shape=(1,), custom=None
):
    """A model of y = a + b, where a is its first input and b its last, or of a custom operation."""
    model = schema.ModelT()
    model.version = 3
    code = schema.OperatorCodeT()
    code.builtinCode = schema.BuiltinOperator.CUSTOM if custom else schema.BuiltinOperator.ADD
    code.customCode = custom
    code.deprecatedBuiltinCode = code.builtinCode
    code.version = 1
    model.operatorCodes = [code]
    model.buffers = [schema.BufferT()]
    graph = schema.SubGraphT()
    graph.tensors = [_tensor(name, dtype, shape) for name in (*inputs, output)]
    graph.inputs, graph.outputs = list(range(len(inputs))), [len(inputs)]
    add = schema.OperatorT()
    add.inputs, add.outputs = [0, len(inputs) - 1], graph.outputs
    if not custom:
        add.builtinOptionsType = schema.BuiltinOptions.AddOptions
        add.builtinOptions = schema.AddOptionsT()
    graph.operators = [add]
    model.subgraphs = [graph]
    return _pack(model)


def converted(*functions):
    """Returns the models of functions of one TensorFlow module, as a user would convert them."""
    import tensorflow as tf

    models = []
    for function in functions:
        concrete = function.get_concrete_function()
        converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], tf.Module())
        models.append(converter.convert())
    return models


def signature(method, inputs, outputs):
    """A signature of a stored model: of each tensor its alias, its name and its type's number."""
    definition = meta_graph_pb2.SignatureDef(method_name=f"tensorflow/serving/{method}")
    for infos, tensors in ((definition.inputs, inputs), (definition.outputs, outputs)):
        for alias, (name, dtype) in tensors.items():
            infos[alias].name, infos[alias].dtype = name, dtype
            infos[alias].tensor_shape.dim.add(size=-1)
    return definition


def with_signatures(content, signatures):
    """Returns a model with signatures in the entry where TensorFlow Serving looks for them."""
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, definition in signatures.items():
            builder.Key(name)
            # The public way takes no bytes that are not UTF-8, which these are not.
            builder._WriteBlob(definition.SerializeToString(), True, flexbuffers.Type.STRING)
    return with_entry(content, bytes(builder.Finish()))


def with_entry(content, entry):
    """Returns a model with these bytes where signatures are looked for."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    metadata = schema.MetadataT()
    metadata.name, metadata.buffer = ENTRY, len(model.buffers)
    buffer = schema.BufferT()
    buffer.data = list(entry)
    model.buffers.append(buffer)
    model.metadata = [*(model.metadata or []), metadata]
    return _pack(model)


def _tensor(name, dtype, shape):
    tensor = schema.TensorT()
    tensor.name, tensor.type, tensor.shape = name, dtype, list(shape)
    return tensor


def _pack(model):
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())
