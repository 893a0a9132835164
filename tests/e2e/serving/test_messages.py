"""Our client's own description of the gRPC messages against the official one."""

from serving.client.messages import _MESSAGES, message_class


def test_our_messages_are_the_official_ones():
    from google.protobuf import any_pb2, descriptor_pb2, wrappers_pb2
    from tensorflow.core.framework import tensor_pb2, tensor_shape_pb2
    from tensorflow.core.protobuf import meta_graph_pb2
    from tensorflow_serving.apis import (
        get_model_metadata_pb2,
        get_model_status_pb2,
        model_pb2,
        predict_pb2,
        status_pb2,
    )

    modules = [any_pb2, wrappers_pb2, tensor_pb2, tensor_shape_pb2, meta_graph_pb2, model_pb2]
    modules += [get_model_metadata_pb2, get_model_status_pb2, predict_pb2, status_pb2]
    official = {"Dim": tensor_shape_pb2.TensorShapeProto.Dim.DESCRIPTOR}
    for module in modules:
        official.update(module.DESCRIPTOR.message_types_by_name)
    kind = descriptor_pb2.FieldDescriptorProto
    for name in _MESSAGES:
        for field in message_class(name).DESCRIPTOR.fields:
            theirs = official[name].fields_by_name[field.name]
            wire_type = kind.TYPE_INT32 if theirs.type == kind.TYPE_ENUM else theirs.type
            assert (field.number, field.type, field.is_repeated) == (
                theirs.number,
                wire_type,
                theirs.is_repeated,
            ), f"{name}.{field.name}"
