extension [Double] {
  /// The element that would stand at an index if the array were in ascending order; NaN must not be in it.
  ///
  /// Leaves the array in another order (Hoare's selection, Communications of the ACM 4, 1961). O(n) as a rule.
  mutating func element(ofRank rank: Int) -> Double {
    var (low, high) = (0, count - 1)
    while low < high {
      let pivot = self[(low + high) / 2]
      var (i, j) = (low, high)
      while i <= j {
        while self[i] < pivot { i += 1 }
        while self[j] > pivot { j -= 1 }
        if i <= j {
          swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if rank <= j { high = j } else if rank >= i { low = i } else { return self[rank] }
    }
    return self[rank]
  }
}
