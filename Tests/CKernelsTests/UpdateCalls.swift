import CKernels

/// How an update stores what it computes.
struct UpdateStorage {
  var dtype = AMP_F32
  var rounding = AMP_ROUND_NEAREST
  var seed: UInt64 = 0
  var attempt: UInt64 = 0
  var stream: UInt32 = 0
  var countsChanges = false

  func tensors(
    _ gradient: Tensor, _ weight: UnsafeMutableRawPointer, _ first: UnsafeMutableRawPointer,
    _ second: UnsafeMutableRawPointer?, copy: UnsafeMutableRawPointer?, in copyType: amp_dtype,
    _ body: (_ tensors: inout amp_update_tensors, _ found: inout amp_update_statistics) -> Void
  ) -> amp_update_statistics {
    var found = amp_update_statistics()
    gradient.bytes.withUnsafeBytes { bytes in
      var tensors = amp_update_tensors(
        storage_dtype: dtype, weight: weight, state: (first, second), gradient_dtype: gradient.dtype,
        gradient: bytes.baseAddress, copy_dtype: copyType, low_precision_copy: copy, count: gradient.count,
        weight_rounding: rounding, seed: seed, attempt: attempt, stream: stream, count_changes: countsChanges)
      body(&tensors, &found)
    }
    return found
  }
}

/// One step of SGD on memory in the format of `storage`.
func sgdUpdate(
  _ threads: Int32, _ settings: amp_sgd_settings, _ gradient: Tensor, _ weight: UnsafeMutableRawPointer,
  _ momentum: UnsafeMutableRawPointer, copy: UnsafeMutableRawPointer? = nil, in copyType: amp_dtype = AMP_F32,
  storage: UpdateStorage = UpdateStorage()
) -> amp_update_statistics {
  storage.tensors(gradient, weight, momentum, nil, copy: copy, in: copyType) { tensors, found in
    withUnsafePointer(to: settings) { amp_sgd_update(threads, $0, &tensors, &found) }
  }
}

/// One step of Adam or AdamW on memory in the format of `storage`.
func adamUpdate(
  _ threads: Int32, _ settings: amp_adam_settings, _ gradient: Tensor, _ weight: UnsafeMutableRawPointer,
  _ first: UnsafeMutableRawPointer, _ second: UnsafeMutableRawPointer, copy: UnsafeMutableRawPointer? = nil,
  in copyType: amp_dtype = AMP_F32, storage: UpdateStorage = UpdateStorage()
) -> amp_update_statistics {
  storage.tensors(gradient, weight, first, second, copy: copy, in: copyType) { tensors, found in
    withUnsafePointer(to: settings) { amp_adam_update(threads, $0, &tensors, &found) }
  }
}
