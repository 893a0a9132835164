"""ExampleGen: reads files, writes train and eval splits of tf.Example."""
