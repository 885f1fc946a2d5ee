import Training

/// Throws `TrainingError` that names the first option below 1.
func requirePositive(_ model: String, _ sizes: KeyValuePairs<String, Int>) throws(TrainingError) {
  for (option, value) in sizes where value < 1 {
    throw TrainingError("model \(model): \(option) must be at least 1, found \(value)")
  }
}

/// Throws `TrainingError` where heads do not share the width equally.
func requireHeads(_ model: String, width: Int, heads: Int) throws(TrainingError) {
  try requirePositive(model, ["--width": width, "--heads": heads])
  guard width % heads == 0 else {
    throw TrainingError("model \(model): --width must be a multiple of --heads, found \(width) and \(heads)")
  }
}

/// Channels, height and width of images.
///
/// Throws `TrainingError` where samples are no images.
func imageExtents(_ model: String, _ shape: [Int]) throws(TrainingError) -> (channels: Int, height: Int, width: Int) {
  guard shape.count == 3 else {
    throw TrainingError("model \(model) takes images (C, H, W), this data has samples of shape \(shape)")
  }
  return (shape[0], shape[1], shape[2])
}
