#include "CDNNL.h"
#include "onednn_api.h"

#include <string.h>

void cdnnl_version(int version[3]) {
  const dnnl_version_t *loaded = dnnl_version();
  version[0] = loaded->major;
  version[1] = loaded->minor;
  version[2] = loaded->patch;
}

const char *cdnnl_isa(void) {
  const char *name = dnnl_cpu_isa2str(dnnl_get_effective_cpu_isa());
  /* Some versions spell the enumerator's family too. */
  static const char family[] = "cpu_isa_";
  return strncmp(name, family, sizeof family - 1) == 0 ? name + sizeof family - 1 : name;
}

bool cdnnl_bf16_is_native(void) {
  /* The enumerators are sets of feature bits, and AMX and AVX512-FP16 contain those of AVX512_BF16 in v2 and in v3. */
  const unsigned wanted = (unsigned)dnnl_cpu_isa_avx512_core_bf16;
  return ((unsigned)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}
